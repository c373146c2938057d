import { describe, expect, it } from '@jest/globals'
import { createAdmission, sourceOf } from './admission.ts'

const KEPT = () => {
  throw new Error('nobody is cut here')
}
const LIMITS = { callsUnderWay: 2, bodies: 3, bodiesPerAddress: 2 }

describe('admission', () => {
  it('bounds what is still arriving per address and over all of them', () => {
    const { arrive } = createAdmission(LIMITS)
    const first = arrive('192.0.2.1', KEPT)
    expect(arrive('192.0.2.1', KEPT)).not.toBeNull()
    expect(arrive('192.0.2.1', KEPT)).toBeNull()
    expect(arrive('192.0.2.2', KEPT)).not.toBeNull()
    expect(arrive('192.0.2.3', KEPT)).toBeNull()
    first?.leave()
    expect(arrive('192.0.2.3', KEPT)).not.toBeNull()
  })

  it('cuts who has been arriving for longest, and for long, where all places are taken', () => {
    let nowMs = 0
    const cut: string[] = []
    const { arrive } = createAdmission(LIMITS, () => nowMs)
    const from = (address: string) => arrive(address, () => cut.push(address))
    const first = from('192.0.2.1')
    from('192.0.2.2')
    from('192.0.2.3')
    expect(from('192.0.2.4')).toBeNull()
    nowMs = 1_000
    expect(from('192.0.2.4')).not.toBeNull()
    expect(from('192.0.2.5')).not.toBeNull()
    expect(cut).toEqual(['192.0.2.1', '192.0.2.2'])
    // What was cut is gone: it takes no place by arriving after all.
    expect(first?.becomeCall()).toBe(false)
    expect(from('192.0.2.6')).not.toBeNull()
    expect(from('192.0.2.6')).toBeNull()
  })

  it('never cuts a call, nor anybody for an address that has its share', () => {
    const { arrive, callsUnderWay } = createAdmission({ ...LIMITS, bodies: 2 }, () => 1e9)
    expect(arrive('192.0.2.1', KEPT)?.becomeCall()).toBe(true)
    arrive('192.0.2.2', KEPT)
    arrive('192.0.2.2', KEPT)
    expect(arrive('192.0.2.2', KEPT)).toBeNull()
    expect(callsUnderWay()).toBe(1)
  })

  it('counts calls by themselves', () => {
    const admission = createAdmission({ ...LIMITS, bodiesPerAddress: 1 })
    const visits = [0, 1].map(() => {
      const visit = admission.arrive('192.0.2.1', KEPT)
      expect(visit?.becomeCall()).toBe(true)
      return visit
    })
    const late = admission.arrive('192.0.2.1', KEPT)
    expect(late?.becomeCall()).toBe(false)
    expect(admission.callsUnderWay()).toBe(2)
    for (const visit of visits) visit?.leave()
    expect(late?.becomeCall()).toBe(true)
    expect(admission.callsUnderWay()).toBe(1)
  })

  it('lets a visit leave once', () => {
    const admission = createAdmission(LIMITS)
    const visit = admission.arrive('192.0.2.1', KEPT)
    expect(visit?.becomeCall()).toBe(true)
    visit?.leave()
    visit?.leave()
    expect([admission.callsUnderWay(), visit?.becomeCall()]).toEqual([0, false])
  })

  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8::9', '2001:db8:0:0'],
    ['2001::1:2:3:4:5:6', '2001:0:1:2'],
    ['::1', '0:0:0:0'],
  ])('counts %s as %s', (address, source) => {
    expect(sourceOf(address)).toBe(source)
  })
})
