import { describe, expect, it } from '@jest/globals'
import { createAdmission, sourceOf } from './admission.ts'

const LIMITS = { callsUnderWay: 2, bodies: 3, bodiesPerAddress: 2 }

describe('admission', () => {
  it('bounds what is still arriving per address and over all of them', () => {
    const { arrive } = createAdmission(LIMITS)
    const first = arrive('192.0.2.1')
    expect(arrive('192.0.2.1')).not.toBeNull()
    expect(arrive('192.0.2.1')).toBeNull()
    expect(arrive('192.0.2.2')).not.toBeNull()
    expect(arrive('192.0.2.3')).toBeNull()
    first?.leave()
    expect(arrive('192.0.2.3')).not.toBeNull()
  })

  it('counts calls by themselves', () => {
    const admission = createAdmission({ ...LIMITS, bodiesPerAddress: 1 })
    const visits = [0, 1].map(() => {
      const visit = admission.arrive('192.0.2.1')
      expect(visit?.becomeCall()).toBe(true)
      return visit
    })
    const late = admission.arrive('192.0.2.1')
    expect(late?.becomeCall()).toBe(false)
    expect(admission.callsUnderWay()).toBe(2)
    for (const visit of visits) visit?.leave()
    expect(late?.becomeCall()).toBe(true)
    expect(admission.callsUnderWay()).toBe(1)
  })

  it('lets a visit leave once', () => {
    const admission = createAdmission(LIMITS)
    const visit = admission.arrive('192.0.2.1')
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
