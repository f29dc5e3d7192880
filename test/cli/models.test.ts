import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { FORECAST_MODELS, SERVED_MODEL } from '../../analytics/models/index.ts'
import { testModels } from '../api/testModels.ts'
import { nadi } from '../support/city.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'
import { servedApi } from './fixture.ts'

it('nadi models lists, shows, promotes, compares, rolls back and exports; nadi train waits for the model', async () => {
  await using stack = new AsyncDisposableStack()
  const models = testModels(stack)
  await using api = await servedApi({ models })
  const listed = await api.json('models', 'list', '--property', 'energy')
  const [third, second] = listed.items.map(({ id }: { id: string }) => id)
  expect(listed.items).toHaveLength(3)
  expect(await api.json('models', 'promote', second, '--reason', 'first')).toMatchObject({
    state: 'champion',
  })
  await api.json('models', 'promote', third)
  expect(await api.json('models', 'rollback', '--property', 'energy')).toMatchObject({
    from: { id: third, state: 'refused' },
    to: { id: second, state: 'champion' },
  })
  const shown = await api.run('models', 'show', third)
  expect(shown.stdout).toMatch(/refused +Rolled back: By hand\./)
  const compared = await api.run('models', 'compare', second, third)
  expect(compared.stderr).toMatch(/no scored day in common/)
  const file = path.join(api.dataDir, 'exported.nadi')
  await api.json('models', 'export', second, file)
  expect(readFileSync(file)).toEqual(Buffer.from(models.registry.content(second)))

  const trained = await api.run('train', '--property', 'energy')
  expect(trained.code).toBe(0)
  expect(models.registry.find(trained.stdout.trim())?.name).toBe('profile')
  const unknown = await api.run('train', '--buildings', 'nowhere')
  expect(unknown).toMatchObject({ code: 1, stderr: expect.stringMatching(/"nowhere" has no energy/) })
})

it('nadi train --data learns from a file without a city and writes a model that can be loaded', async () => {
  await using folder = await temporaryFolder()
  const data = path.join(folder.path, 'meters.csv')
  const out = path.join(folder.path, 'energy.nadi')
  const rows = Array.from({ length: 30 * 24 }, (_, hour) => {
    const time = new Date(Date.UTC(2025, 0, 1) + hour * 3_600_000).toISOString()
    return `${time},${20 + (hour % 24) + Math.sin(hour)},${9 + Math.cos(hour)}`
  })
  writeFileSync(data, `time,a,b\n${rows.join('\n')}\n`)
  const { code, stdout } = await nadi(['train', '--data', data, '--out', out, '--json'], {
    NADI_DATA_DIR: path.join(folder.path, 'data'),
  })
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ name: SERVED_MODEL, buildings: 2, findings: [] })
  const fitted = await FORECAST_MODELS[SERVED_MODEL]?.load(new Uint8Array(readFileSync(out)))
  expect(fitted?.name).toBe(SERVED_MODEL)
})
