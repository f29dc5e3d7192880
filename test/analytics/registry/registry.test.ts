import { readdirSync, truncateSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { trainingDataOf } from '../../../analytics/registry/fingerprint.ts'
import { createModelRegistry, type ModelRegistry } from '../../../analytics/registry/registry.ts'
import { temporaryFolder } from '../../support/temporaryFolder.ts'
import { newModel, seriesOf } from './newModel.ts'

let stack: AsyncDisposableStack
let folder: string
let registry: ModelRegistry
let clockMs: number
beforeEach(async () => {
  stack = new AsyncDisposableStack()
  folder = stack.use(await temporaryFolder()).path
  clockMs = 1_000
  registry = stack.adopt(createModelRegistry({ folder, now: () => clockMs++ }), (it) => it.close())
})
afterEach(() => stack.disposeAsync())

const SLOT = { property: 'energy', building: null } as const

describe('the registry of models', () => {
  it('keeps a model with where it comes from, and gives its file back', () => {
    const model = newModel('a')
    const { id } = registry.add(model)
    const { content, ...described } = model
    expect(registry.find(id)).toMatchObject({ ...described, id, state: 'challenger', bytes: content.length })
    expect(registry.content(id)).toEqual(Buffer.from(content))
    expect(registry.add(model).id).toBe(id)
    expect(registry.list()).toHaveLength(1)
    expect(registry.list({ property: 'occupancy' })).toEqual([])
  })

  it('keeps everything over a restart', () => {
    const { id } = registry.add(newModel('a'))
    registry.promote(id, 'first')
    registry.close()
    const again = stack.adopt(createModelRegistry({ folder, now: () => 0 }), (it) => it.close())
    expect(again.current(SLOT, 'champion')).toMatchObject({ id, reason: 'first' })
    expect(again.events(id).map(({ state }) => state)).toEqual(['challenger', 'champion'])
  })

  it('has one champion and one challenger for each property and building', () => {
    const [first, second, third] = ['a', 'b', 'c'].map((text) => registry.add(newModel(text)).id)
    expect(registry.find(first ?? '')?.state).toBe('retired')
    registry.promote(second ?? '', 'x')
    registry.promote(third ?? '', 'better')
    expect(registry.current(SLOT, 'champion')?.id).toBe(third)
    expect(registry.find(second ?? '')).toMatchObject({ state: 'retired' })
    const own = registry.add(newModel('d', { building: 'library' }))
    registry.promote(own.id, 'for the library')
    expect(registry.current(SLOT, 'champion')?.id).toBe(third)
    expect(() => registry.promote(own.id, 'again')).toThrow(/champion already/)
    expect(() => registry.promote('nothing', 'x')).toThrow(/There is no model nothing/)
  })

  it('goes back from one champion to the one before it, as often as there is one', () => {
    const ids = ['a', 'b', 'c'].map((text) => {
      const { id } = registry.add(newModel(text))
      registry.promote(id, 'next')
      return id
    })
    expect(registry.rollback(SLOT, 'complaints').to?.id).toBe(ids[1])
    expect(registry.find(ids[2] ?? '')).toMatchObject({ state: 'refused', reason: 'Rolled back: complaints' })
    expect(registry.rollback(SLOT, 'more').to?.id).toBe(ids[0])
    expect(() => registry.rollback(SLOT, 'x')).toThrow(/no earlier champion/)
    expect(registry.current(SLOT, 'champion')?.id).toBe(ids[0])
  })

  it('goes back from a single building’s model to the one for all', () => {
    const { id } = registry.add(newModel('own', { building: 'library' }))
    registry.promote(id, 'x')
    expect(registry.rollback({ property: 'energy', building: 'library' }, 'y').to).toBeUndefined()
    expect(registry.current({ property: 'energy', building: 'library' }, 'champion')).toBeUndefined()
  })

  it('says of a file that was cut, changed or taken away that it is damaged', () => {
    const { id } = registry.add(newModel('a'))
    const file = path.join(folder, `${id}.nadi`)
    expect(readdirSync(folder)).toContain(`${id}.nadi`)
    writeFileSync(file, 'something else')
    expect(() => registry.content(id)).toThrow(expect.objectContaining({ code: 'damaged-model' }))
    truncateSync(file, 0)
    expect(() => registry.content(id)).toThrow(/checksum/)
    registry.restore(id, newModel('b').content)
    expect(() => registry.content(id)).toThrow(/checksum/)
    registry.restore(id, newModel('a').content)
    expect(registry.content(id)).toEqual(Buffer.from(newModel('a').content))
  })

  it('replaces a day’s score when late data change it', () => {
    const { id } = registry.add(newModel('a'))
    const day = (building: string, dayMs: number, pinball: number) => ({
      building,
      dayMs,
      hours: 24,
      pinball,
      squares: 1,
      inside: 20,
      truth: 240,
    })
    registry.scores.put(id, [day('library', 0, 1), day('library', 100, 2), day('clinic', 0, 3)])
    registry.scores.put(id, [day('library', 100, 9)])
    expect(registry.scores.range(id, 0, 101)).toEqual([
      day('clinic', 0, 3),
      day('library', 0, 1),
      day('library', 100, 9),
    ])
    expect(registry.scores.range(id, 0, 100)).toHaveLength(2)
  })
})

describe('the fingerprint of training data', () => {
  it('is the same in any order, and another when one hour differs or is missing', () => {
    const a = seriesOf('a', [1, 2, NaN])
    const b = seriesOf('b', [4, 5, 6])
    const { fingerprint } = trainingDataOf([a, b])
    expect(trainingDataOf([b, a])).toEqual({
      fingerprint,
      series: 2,
      hours: 5,
      fromMs: 0,
      toMs: 3 * 3_600_000,
    })
    for (const other of [
      [1, 2, 3],
      [1, 2.5, NaN],
      [1, NaN, NaN],
      [1, 2],
    ])
      expect(trainingDataOf([seriesOf('a', other), b]).fingerprint).not.toBe(fingerprint)
    const people = Float64Array.from([1, 1, 1])
    expect(trainingDataOf([{ ...a, people }, b]).fingerprint).not.toBe(fingerprint)
  })
})
