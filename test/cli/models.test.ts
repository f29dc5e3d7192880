import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { testModels } from '../api/testModels.ts'
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
