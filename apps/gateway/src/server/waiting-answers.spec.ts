import { describe, expect, it } from '@jest/globals'
import { WaitingAnswers } from './waiting-answers.ts'

function given(mostBytes: number) {
  let nowMs = 0
  const answers = new WaitingAnswers(mostBytes, () => nowMs)
  const cut: string[] = []
  const add = (source: string, name: string, sizeBytes = 10) =>
    answers.add(source, sizeBytes, () => void cut.push(name))
  return { add, cut, wait: (ms: number) => (nowMs += ms) }
}

describe('answers that wait for their readers', () => {
  it('are all kept while there is room', () => {
    const { add, cut } = given(30)
    for (const name of ['a', 'b', 'c']) add('one', name)
    expect(cut).toEqual([])
  })

  it('are cut where there is none, the oldest first of the address that most go to', () => {
    const { add, cut, wait } = given(30)
    add('one', 'honest')
    for (const name of ['a', 'b', 'c', 'd']) {
      add('many', name)
      wait(1000)
    }
    expect(cut).toEqual(['a', 'b'])
  })

  it('make room once they are taken, each once', () => {
    const { add, cut, wait } = given(30)
    const taken = add('one', 'a')
    add('one', 'b')
    taken()
    taken()
    add('one', 'c')
    add('one', 'd')
    expect(cut).toEqual([])
    wait(1000)
    add('one', 'e')
    expect(cut).toEqual(['b'])
  })

  it('are not cut while they are on their way, however many they are', () => {
    const { add, cut, wait } = given(30)
    for (const name of ['a', 'b', 'c', 'd', 'e']) add('one', name)
    wait(999)
    add('one', 'f')
    expect(cut).toEqual([])
  })
})
