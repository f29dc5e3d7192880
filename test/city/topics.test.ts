import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  birthTopic,
  datastreamTopic,
  isDeviceId,
  matchTopic,
  observationsTopic,
  statusTopic,
} from '../../city/topics.ts'

describe('topics', () => {
  it('matches each topic that it builds', () => {
    const device = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/).filter(isDeviceId)
    const commandId = fc.stringMatching(/^[A-Za-z0-9_-]{1,20}$/)
    fc.assert(
      fc.property(device, commandId, fc.nat(), (device, commandId, datastreamId) => {
        expect(matchTopic(observationsTopic(device))).toEqual({ kind: 'observations', device })
        expect(matchTopic(birthTopic(device))).toEqual({ kind: 'birth', device })
        expect(matchTopic(statusTopic(device))).toEqual({ kind: 'status', device })
        expect(matchTopic(`nadi/v1/${device}/commands/${commandId}`)).toEqual({
          kind: 'command',
          device,
          commandId,
        })
        expect(matchTopic(`nadi/v1/${device}/commands/${commandId}/result`)).toEqual({
          kind: 'commandResult',
          device,
          commandId,
        })
        expect(matchTopic(datastreamTopic(datastreamId))).toEqual({ kind: 'datastream', datastreamId })
      }),
    )
    expect(matchTopic('nadi/v1/alarms/shared-office')).toEqual({ kind: 'alarms', building: 'shared-office' })
  })

  it.each([
    '',
    'nadi/v1',
    'nadi/v1/d',
    'nadi/v1/d/observations/',
    'nadi/v1//observations',
    'nadi/v2/d/observations',
    'NADI/v1/d/observations',
    '/nadi/v1/d/observations',
    'nadi/v1/d/commands',
    'nadi/v1/d/commands/1/result/x',
    'nadi/v1/d/commands/1/other',
    'nadi/v1/+/observations',
    'nadi/v1/d/#',
    'nadi/v1/alarms/birth/x',
    'nadi/v1/alarms/Office',
    'v1.1/Datastreams(1x)/Observations',
    'v1.1/Datastreams()/Observations',
  ])('knows nothing of %s', (topic) => {
    expect(matchTopic(topic)).toBeUndefined()
  })

  it('reads nadi/v1/alarms/... as the alarms of a building, never as a device of that name', () => {
    expect(matchTopic('nadi/v1/alarms/observations')).toEqual({ kind: 'alarms', building: 'observations' })
    expect(isDeviceId('alarms')).toBe(false)
  })

  it('never throws, whatever the topic', () => {
    fc.assert(fc.property(fc.string(), (topic) => void matchTopic(topic)))
  })
})
