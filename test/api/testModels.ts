import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createModelRegistry } from '../../analytics/registry/registry.ts'
import { createTrainings } from '../../analytics/retraining/trainings.ts'
import type { ApiContext } from '../../api/context.ts'
import { newModel } from '../analytics/registry/newModel.ts'
import { fitted, profileModel } from '../support/profileModel.ts'
import type { TestApi } from './testApi.ts'

type Models = NonNullable<ApiContext['models']>

/** A registry with three models of energy, trained one, two and three milliseconds after 1970; training adds one. */
export const testModels = (stack: AsyncDisposableStack): Models => {
  const folder = mkdtempSync(path.join(tmpdir(), 'nadi-models-'))
  stack.defer(() => rmSync(folder, { recursive: true, force: true }))
  const registry = stack.adopt(createModelRegistry({ folder, now: () => 1_000 }), (it) => it.close())
  const add = (value: number): string =>
    registry.add(
      newModel('', {
        name: 'profile',
        trainedAtMs: value,
        content: fitted(Array.from({ length: 168 }, () => value)).save(),
      }),
    ).id
  for (const value of [1, 2, 3]) add(value)
  const trainings = stack.use(
    createTrainings({ train: () => Promise.resolve(registry.find(add(4)) ?? never()) }),
  )
  return {
    registry,
    trainings,
    models: {
      load: async (id) => ({
        entry: registry.find(id) ?? never(),
        fitted: await profileModel.load(registry.content(id)),
      }),
    },
  }
}

/** The oldest first. */
export const modelIds = (api: TestApi): string[] =>
  (api.context.models?.registry.list() ?? []).map(({ id }) => id).toReversed()

const never = (): never => {
  throw new Error('the model that was added is not there')
}
