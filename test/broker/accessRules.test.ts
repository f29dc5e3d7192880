import { describe, expect, it } from 'vitest'
import { mayPublish, mayReceive, maySubscribe, type Principal } from '../../broker/accessRules.ts'
import type { Observed } from '../../city/disclosure.ts'

const paths = new Map([
  [1, 'library/energy'],
  [2, 'library/occupancy'],
  [3, 'library/floor-1/co2'],
  [4, 'library/floor-1/temperature'],
  [5, 'library/floor-1/occupancy'],
])
const datastreamOf = (id: number): Observed | undefined => {
  const path = paths.get(id)
  return path === undefined ? undefined : { path, unit: '1', kind: 'instant' }
}

const who = {
  device: { kind: 'device', id: 'gate-1', building: 'library' },
  citizen: { kind: 'reader', id: 'k', role: 'citizen' },
  agency: { kind: 'reader', id: 'k', role: 'agency:health' },
  scientist: { kind: 'reader', id: 'k', role: 'scientist' },
  operator: { kind: 'reader', id: 'k', role: 'operator' },
  administrator: { kind: 'reader', id: 'k', role: 'administrator' },
} satisfies Record<string, Principal>

type Who = keyof typeof who
const EVERYBODY = Object.keys(who) as Who[]
const READERS = EVERYBODY.filter((name) => name !== 'device')
const CITY: Who[] = ['operator', 'administrator']

const live = (id: number): string => `v1.1/Datastreams(${id})/Observations`

describe('Publishing', () => {
  it.each([
    ['nadi/v1/gate-1/observations', ['device']],
    ['nadi/v1/gate-1/birth', ['device']],
    ['nadi/v1/gate-1/status', ['device']],
    ['nadi/v1/gate-1/commands/c1/result', ['device']],
    ['nadi/v1/gate-1/commands/c1', []],
    ['nadi/v1/gate-1/else', []],
    ['nadi/v1/gate-1/observations/more', []],
    ['nadi/v1/gate-2/observations', []],
    ['nadi/v1/gate-2/commands/c1/result', []],
    ['nadi/v1/alarms/library', []],
    [live(1), []],
    ['$SYS/broker/uptime', []],
    ['elsewhere', []],
    ['', []],
  ] satisfies [string, Who[]][])('%s is for %j', (topic, allowed: Who[]) => {
    expect(EVERYBODY.filter((name) => mayPublish(who[name], topic))).toEqual(allowed)
  })
})

describe('Subscribing', () => {
  it.each([
    ['#', CITY],
    ['+/+', CITY],
    ['$SYS/#', []],
    ['$share/group/nadi/v1/+/status', []],
    ['$share/g/#', []],
    ['nadi/v1/gate-1/commands/+', ['device', ...CITY]],
    ['nadi/v1/gate-1/commands/#', ['device', ...CITY]],
    ['nadi/v1/gate-1/commands/c1', ['device', ...CITY]],
    ['nadi/v1/gate-1/commands/+/result', ['device', ...CITY]],
    ['nadi/v1/gate-1/#', CITY],
    ['nadi/v1/gate-1/+', CITY],
    ['nadi/v1/gate-2/commands/+', CITY],
    ['nadi/v1/gate-2/commands/c1', CITY],
    ['nadi/v1/+/commands/+', CITY],
    ['nadi/v1/+/status', CITY],
    ['nadi/v1/gate-1/observations', CITY],
    ['nadi/v1/alarms/library', ['scientist', ...CITY]],
    ['nadi/v1/alarms/+', ['scientist', ...CITY]],
    [live(1), READERS],
    [live(2), CITY],
    [live(3), ['scientist', ...CITY]],
    [live(4), READERS],
    [live(5), CITY],
    [live(99), []],
    ['v1.1/+/Observations', READERS],
    ['v1.1/#', READERS],
  ] satisfies [string, Who[]][])('%s is for %j', (filter, allowed: Who[]) => {
    expect(EVERYBODY.filter((name) => maySubscribe(who[name], filter, datastreamOf))).toEqual(allowed)
  })
})

describe('What comes through a wildcard', () => {
  it.each([
    [live(1), READERS],
    [live(2), CITY],
    [live(3), ['scientist', ...CITY]],
    [live(5), CITY],
    ['nadi/v1/gate-1/commands/c1', ['device', ...CITY]],
    ['nadi/v1/gate-2/commands/c1', CITY],
    ['nadi/v1/gate-2/status', CITY],
    ['nadi/v1/alarms/library', ['scientist', ...CITY]],
    ['$SYS/x/heartbeat', []],
    ['elsewhere', []],
  ] satisfies [string, Who[]][])('%s reaches %j', (topic, allowed: Who[]) => {
    expect(EVERYBODY.filter((name) => mayReceive(who[name], topic, datastreamOf))).toEqual(allowed)
  })
})
