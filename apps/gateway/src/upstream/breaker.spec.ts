import { describe, expect, it } from '@jest/globals'
import { isRefusal } from '@writ/contracts'
import { Breaker } from './breaker.ts'
import type { Pass } from './breaker.ts'

const SETTINGS = { failures: 3, openMs: 1000, mostOpenMs: 3000 }

function given() {
  const time = { nowMs: 0 }
  const breaker = new Breaker(SETTINGS, () => time.nowMs)
  const enter = (): Pass => {
    const pass = breaker.enter()
    if (isRefusal(pass)) throw new Error(`refused: ${pass.code}`)
    return pass
  }
  const fail = () => {
    const pass = enter()
    time.nowMs += 1
    return pass.failed()
  }
  const refusedFor = () => {
    const pass = breaker.enter()
    return isRefusal(pass) ? [pass.code, pass.retryAfterSeconds] : null
  }
  return { time, breaker, enter, fail, refusedFor }
}

describe('a breaker', () => {
  it('opens after so many failures in a row, and says so once', () => {
    const { fail, refusedFor, breaker } = given()
    expect([fail(), fail(), breaker.isOpen, fail(), breaker.isOpen]).toEqual([
      false,
      false,
      false,
      true,
      true,
    ])
    expect(refusedFor()).toEqual(['upstream_broken', 1])
  })

  it('counts failures in a row only', () => {
    const { fail, enter, breaker, time } = given()
    for (let round = 0; round < 5; round += 1) {
      fail()
      fail()
      enter().succeeded()
      time.nowMs += 1
    }
    expect(breaker.isOpen).toBe(false)
  })

  it('does not open for calls that fail while others succeed: an agent with a slow tool breaks nothing for others', () => {
    const { enter, breaker, time } = given()
    const slow = Array.from({ length: 10 }, () => enter())
    time.nowMs += 500
    enter().succeeded()
    time.nowMs += 500
    for (const pass of slow) pass.failed()
    expect(breaker.isOpen).toBe(false)
  })

  it('lets one probe through when its time is over, and closes when that succeeds', () => {
    const { fail, enter, refusedFor, breaker, time } = given()
    for (let n = 0; n < 3; n += 1) fail()
    time.nowMs += 1000
    const probe = enter()
    expect(refusedFor()).toEqual(['upstream_broken', 1])
    probe.succeeded()
    expect([breaker.isOpen, refusedFor()]).toEqual([false, null])
  })

  it('stays open twice as long after a failed probe, up to a bound', () => {
    const { fail, enter, refusedFor, time } = given()
    for (let n = 0; n < 3; n += 1) fail()
    time.nowMs += 1000
    enter().failed()
    expect(refusedFor()).toEqual(['upstream_broken', 2])
    time.nowMs += 2000
    enter().failed()
    expect(refusedFor()).toEqual(['upstream_broken', 3])
  })

  it('sends another probe when nothing is heard of the first', () => {
    const { fail, enter, refusedFor, time } = given()
    for (let n = 0; n < 3; n += 1) fail()
    time.nowMs += 1000
    enter()
    expect(refusedFor()).toEqual(['upstream_broken', 1])
    time.nowMs += 1000
    enter().succeeded()
    expect(refusedFor()).toBeNull()
  })

  it('begins anew with the short time once it was closed', () => {
    const { fail, enter, refusedFor, time } = given()
    for (let n = 0; n < 3; n += 1) fail()
    time.nowMs += 1000
    enter().failed()
    time.nowMs += 2000
    enter().succeeded()
    time.nowMs += 1
    for (let n = 0; n < 3; n += 1) fail()
    expect(refusedFor()).toEqual(['upstream_broken', 1])
  })
})
