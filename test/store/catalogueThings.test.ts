import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isThingPath } from '../../city/names.ts'
import { temporaryCatalogue } from './catalogueFixture.ts'

describe('Things', () => {
  it('come with everything above them', async () => {
    await using at = await temporaryCatalogue()
    at.catalogue.things.ensure('library/floor-1/zone-a', 'HVAC_Zone')
    expect(at.catalogue.things.list().map(({ path, brickClass }) => [path, brickClass])).toEqual([
      ['library', null],
      ['library/floor-1', null],
      ['library/floor-1/zone-a', 'HVAC_Zone'],
    ])
  })

  it('keep a Brick class that they have and take one that they lack', async () => {
    await using at = await temporaryCatalogue()
    at.catalogue.things.ensure('library')
    at.catalogue.things.ensure('library', 'Building')
    at.catalogue.things.ensure('library', 'Room')
    expect(at.reopen().things.find('library')?.brickClass).toBe('Building')
  })

  it('are listed below a path without those whose name only begins alike', async () => {
    await using at = await temporaryCatalogue()
    for (const path of ['lib/a', 'lib-2/a', 'lib0', 'lib/b/c']) at.catalogue.things.ensure(path)
    expect(at.catalogue.things.list('lib').map(({ path }) => path)).toEqual([
      'lib',
      'lib/a',
      'lib/b',
      'lib/b/c',
    ])
  })

  it.each(['', '/', 'Library', 'a//b', 'a/', 'a b', 'x'.repeat(201)])(
    'refuse the name "%s" and say what a name is',
    async (path) => {
      await using at = await temporaryCatalogue()
      expect(() => at.catalogue.things.ensure(path)).toThrow(/lower-case segments/)
      expect(at.catalogue.things.list()).toEqual([])
    },
  )
})

describe('Datastreams', () => {
  it('that no birth declared have the unit and kind of their property and are marked', async () => {
    await using at = await temporaryCatalogue()
    const { datastreams, things } = at.catalogue
    expect(datastreams.ensure('library/energy', 'J')).toMatchObject({
      property: 'energy',
      unit: 'kWh',
      kind: 'counter',
      undeclared: true,
      thingId: things.find('library')?.id,
    })
    expect(datastreams.ensure('library/noise', 'dB')).toMatchObject({ unit: 'dB', kind: 'instant' })
    expect(datastreams.ensure('library/mood')).toMatchObject({ unit: '1', kind: 'instant' })
  })

  it('keep their number and what was said of them across a restart', async () => {
    await using at = await temporaryCatalogue()
    const declared = at.catalogue.datastreams.declare({
      path: 'estate/bldg-7/energy',
      kind: 'interval',
      brickClass: 'Building_Electrical_Meter',
      intervalSeconds: 3600,
      timeZone: 'Europe/Warsaw',
    })
    const { datastreams } = at.reopen()
    expect(datastreams.find('estate/bldg-7/energy')).toEqual(declared)
    expect(datastreams.byId(declared.id)).toEqual(declared)
    expect(declared.undeclared).toBe(false)
  })

  it('take from a later birth what it says and keep the rest', async () => {
    await using at = await temporaryCatalogue()
    const { id } = at.catalogue.datastreams.ensure('library/energy')
    at.catalogue.datastreams.declare({ path: 'library/energy', intervalSeconds: 60 })
    at.catalogue.datastreams.declare({ path: 'library/energy', kind: 'interval' })
    expect(at.reopen().datastreams.find('library/energy')).toMatchObject({
      id,
      kind: 'interval',
      intervalSeconds: 60,
      undeclared: false,
    })
  })

  it('remember the longest step that was ever declared, by which their past is judged', async () => {
    await using at = await temporaryCatalogue()
    at.catalogue.datastreams.declare({ path: 'library/energy', intervalSeconds: 900 })
    at.catalogue.datastreams.declare({ path: 'library/energy', intervalSeconds: 5 })
    expect(at.reopen().datastreams.find('library/energy')).toMatchObject({
      intervalSeconds: 5,
      longestIntervalSeconds: 900,
    })
  })

  it('stay in the unit that they are kept in, whoever declares another', async () => {
    await using at = await temporaryCatalogue()
    const { datastreams } = at.catalogue
    datastreams.ensure('library/noise', 'dB')
    expect(() => datastreams.declare({ path: 'library/noise', unit: 'Pa' })).toThrow(
      expect.objectContaining({ code: 'conflict' }),
    )
    expect(datastreams.find('library/noise')).toMatchObject({ unit: 'dB', undeclared: true })
    // A property that we know is converted at the door: what it is kept in does not change.
    datastreams.ensure('library/energy')
    expect(datastreams.declare({ path: 'library/energy', unit: 'MJ' })).toMatchObject({ unit: 'kWh' })
  })

  it('learn their longest step from a declaration that says nothing else that is new', async () => {
    await using at = await temporaryCatalogue()
    const declaration = { path: 'library/energy', intervalSeconds: 900 }
    at.catalogue.datastreams.declare(declaration)
    at.catalogue.close()
    using file = new DatabaseSync(at.file)
    file.exec('UPDATE datastream SET longest_interval_seconds = NULL')
    at.reopen().datastreams.declare(declaration)
    expect(at.reopen().datastreams.find('library/energy')).toMatchObject({ longestIntervalSeconds: 900 })
  })

  it('made in a transaction that fails are in neither memory nor file', async () => {
    await using at = await temporaryCatalogue()
    at.catalogue.datastreams.ensure('library/co2')
    expect(() =>
      at.catalogue.transaction(() => {
        at.catalogue.datastreams.ensure('clinic/co2')
        at.catalogue.datastreams.ensure('not a path')
      }),
    ).toThrow(/no name of a Datastream/)
    const paths = () => at.catalogue.datastreams.list().map(({ path }) => path)
    expect(paths()).toEqual(['library/co2'])
    expect(at.catalogue.things.find('clinic')).toBeUndefined()
    at.reopen()
    expect(paths()).toEqual(['library/co2'])
  })

  it('answer like a plain map after any sequence of calls and restarts', async () => {
    const segment = fc.constantFrom('a', 'a-b', 'b', 'ab', '0')
    const path = fc.array(segment, { minLength: 2, maxLength: 4 }).map((parts) => parts.join('/'))
    const step = fc.oneof(
      fc.record({ do: fc.constant('ensure' as const), path }),
      fc.record({ do: fc.constant('declare' as const), path }),
      fc.record({ do: fc.constant('reopen' as const) }),
      fc.record({ do: fc.constant('list' as const), under: segment }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        await using at = await temporaryCatalogue()
        const model = new Map<string, { id: number; undeclared: boolean }>()
        for (const now of steps) {
          if (now.do === 'reopen') at.reopen()
          if (now.do === 'list') {
            const expected = [...model.keys()].filter((path) => path.startsWith(`${now.under}/`)).sort()
            expect(at.catalogue.datastreams.list(now.under).map(({ path }) => path)).toEqual(expected)
          }
          if (now.do !== 'ensure' && now.do !== 'declare') continue
          const { id } =
            now.do === 'ensure'
              ? at.catalogue.datastreams.ensure(now.path)
              : at.catalogue.datastreams.declare({ path: now.path })
          const known = model.get(now.path)
          if (known) expect(id).toBe(known.id)
          model.set(now.path, { id, undeclared: now.do === 'ensure' && (known?.undeclared ?? true) })
        }
        for (const [path, { id, undeclared }] of model) {
          expect(at.catalogue.datastreams.byId(id)).toMatchObject({ path, undeclared })
        }
        expect(new Set(at.catalogue.datastreams.list().map(({ id }) => id)).size).toBe(model.size)
        expect(at.catalogue.things.list().every(({ path }) => isThingPath(path))).toBe(true)
      }),
      { numRuns: 40 },
    )
  })
})
