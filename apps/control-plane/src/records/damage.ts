import { DamagedRecord } from '@writ/postgres'
import { conflict } from '../http/problem.ts'

/**
 * What is read of the log, or a 409 that names the record that is no record any more: an answer without it would hide the damage.
 * @param wayOn said behind the name: how to come past it
 */
export async function namingDamage<T>(
  read: () => Promise<T>,
  wayOn: (leaf: number) => string = () => '',
): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof DamagedRecord)) throw error
    const { leafIndex } = error
    throw conflict(
      `the stored record ${leafIndex} cannot be read any more: the evidence names it${wayOn(leafIndex)}`,
    )
  }
}
