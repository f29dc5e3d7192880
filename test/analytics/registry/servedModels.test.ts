import { rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { encodeModelFile } from '../../../analytics/modelFile.ts'
import { nadi } from '../../../analytics/models/nadi.ts'
import { createModelRegistry, type ModelRegistry } from '../../../analytics/registry/registry.ts'
import { createServedModels } from '../../../analytics/registry/servedModels.ts'
import { packagedOf } from '../../support/forecastParts.ts'
import { fitted, profileModel } from '../../support/profileModel.ts'
import { temporaryFolder } from '../../support/temporaryFolder.ts'
import { newModel } from './newModel.ts'

let stack: AsyncDisposableStack
let folder: string
let registry: ModelRegistry
beforeEach(async () => {
  stack = new AsyncDisposableStack()
  folder = stack.use(await temporaryFolder()).path
  let clockMs = 1
  registry = stack.adopt(createModelRegistry({ folder, now: () => clockMs++ }), (it) => it.close())
})
afterEach(() => stack.disposeAsync())

const contentOf = (value: number): Uint8Array => fitted(Array.from({ length: 168 }, () => value)).save()
const serve = (shipped = 1) =>
  createServedModels({
    registry,
    kinds: { profile: profileModel, nadi },
    packaged: packagedOf(fitted(Array.from({ length: 168 }, () => shipped))),
    log: pino({ level: 'silent' }),
  })
const addChampion = (value: number): string => {
  const { id } = registry.add(newModel('', { name: 'profile', content: contentOf(value) }))
  registry.promote(id, 'for a test')
  return id
}
const damage = (id: string): void => writeFileSync(path.join(folder, `${id}.nadi`), 'damaged')

describe('served models', () => {
  it('begin with what ships with Nadi, and judge a newer one of these as a challenger', async () => {
    const models = await serve(1)
    const first = await models.champion('energy', 'library')
    expect(first.entry).toMatchObject({ state: 'champion', name: 'profile', property: 'energy' })
    expect((await models.champion('occupancy', 'library')).entry.property).toBe('occupancy')
    const upgraded = await serve(2)
    expect((await upgraded.champion('energy', 'library')).entry.id).toBe(first.entry.id)
    expect((await upgraded.challenger('energy', 'library'))?.entry.state).toBe('challenger')
  })

  it('begin with a plain challenger where one is given, and only once', async () => {
    const standIn = packagedOf(fitted(Array.from({ length: 168 }, () => 3)))
    const options = { registry, kinds: { profile: profileModel }, log: pino({ level: 'silent' }), standIn }
    const packaged = packagedOf(fitted(Array.from({ length: 168 }, () => 1)))
    const models = await createServedModels({ ...options, packaged })
    const plain = (await models.challenger('energy', 'library'))?.entry
    expect(plain?.sha256).not.toBe((await models.champion('energy', 'library')).entry.sha256)
    registry.refuse(plain?.id ?? '', 'not better')
    const again = await createServedModels({ ...options, packaged })
    expect(await again.challenger('energy', 'library')).toBeUndefined()
  })

  it('serve a building’s own champion, and the one for all elsewhere', async () => {
    const models = await serve()
    const own = registry.add(newModel('', { name: 'profile', building: 'library', content: contentOf(7) }))
    registry.promote(own.id, 'x')
    expect((await models.champion('energy', 'library')).entry.id).toBe(own.id)
    expect((await models.champion('energy', 'clinic')).entry.building).toBeNull()
  })

  it('go on with the champion in memory when its file is damaged meanwhile', async () => {
    const models = await serve()
    const id = addChampion(5)
    await models.champion('energy', 'library')
    damage(id)
    expect((await models.champion('energy', 'library')).entry.id).toBe(id)
  })

  it('refuse a damaged champion with the reason, and the one before it goes on', async () => {
    const before = addChampion(5)
    const damaged = addChampion(6)
    damage(damaged)
    const models = await serve()
    expect((await models.champion('energy', 'library')).entry.id).toBe(before)
    expect(registry.find(damaged)).toMatchObject({ state: 'refused' })
    expect(registry.find(damaged)?.reason).toMatch(/checksum differs/)
  })

  it('refuse a champion of the version before, with both versions, and the one before it goes on', async () => {
    const before = addChampion(5)
    const content = encodeModelFile({ kind: 'nadi', version: '1', facts: null, arrays: {} })
    const { id: old } = registry.add(newModel('', { name: 'nadi', content }))
    registry.promote(old, 'for a test')
    expect((await (await serve()).champion('energy', 'library')).entry.id).toBe(before)
    expect(registry.find(old)).toMatchObject({ state: 'refused' })
    expect(registry.find(old)?.reason).toContain(`they hold nadi 1, not nadi ${nadi.version}`)
  })

  it('write the model that ships again when nothing else can be read', async () => {
    const shipped = (await (await serve()).champion('energy', 'library')).entry.id
    const own = addChampion(6)
    damage(own)
    rmSync(path.join(folder, `${shipped}.nadi`))
    const models = await serve()
    expect((await models.champion('energy', 'library')).entry.id).toBe(shipped)
    expect(registry.content(shipped)).toHaveLength(168 * 8)
  })

  it('refuse a file of a wrong shape or an unknown kind, whole as it may be', async () => {
    const models = await serve()
    for (const model of [{ name: 'profile', content: new Uint8Array(80) }, { name: 'other' }]) {
      const { id } = registry.add(newModel('text', model))
      expect(await models.challenger('energy', 'library')).toBeUndefined()
      expect(registry.find(id)?.state).toBe('refused')
      await expect(models.load(id)).rejects.toMatchObject({ code: 'damaged-model' })
    }
    expect(
      registry
        .list()
        .map(({ reason }) => reason)
        .join(),
    ).toMatch(/168 finite hours.*|kind "other"/)
  })
})
