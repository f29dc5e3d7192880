import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parseSync } from 'oxc-parser'
import { describe, expect, it } from 'vitest'

/**
 * The import rules of the house. A room may use the rooms named beside it, itself, and packages; `edge` and `city`
 * only the packages that `edge/package.json` brings, so that an edge box can run them.
 */
const root = path.resolve(import.meta.dirname, '../..')

const MAY_USE: Readonly<Record<string, readonly string[]>> = {
  city: [],
  edge: ['city'],
  store: ['city'],
  authority: ['city'],
  broker: ['city', 'store', 'authority'],
  analytics: ['city', 'store'],
  api: ['city', 'store', 'analytics', 'authority'],
  flows: [],
}

const edgePackages: readonly string[] = Object.keys(
  JSON.parse(readFileSync(path.join(root, 'edge/package.json'), 'utf8')).dependencies,
)
/**
 * What an edge box installs only when it is asked to (docs/reference.md); loaded by `import()` alone. No optional peers
 * of `edge/package.json`: npm installs those too, for the city's own packages bring them into the same lock file.
 */
const edgePeers: readonly string[] = ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-cpu']

interface Import {
  from: string
  specifier: string
  isDynamic: boolean
}

/** Every static import, re-export and literal `import()` of a file. */
const importsOf = (source: string, from: string): Import[] => {
  const { module, program } = parseSync(from, source)
  const isTypeOnly = ({ entries }: { entries: { isType: boolean }[] }): boolean =>
    entries.length > 0 && entries.every(({ isType }) => isType)
  const fixed = module.staticImports
    // A type is gone when the file runs: it needs no package.
    .filter((entry) => !isTypeOnly(entry) || entry.moduleRequest.value.startsWith('.'))
    .map((entry) => entry.moduleRequest.value)
  const passedOn = module.staticExports.flatMap((entry) =>
    entry.entries.flatMap((e) => e.moduleRequest?.value ?? []),
  )
  const dynamic = module.dynamicImports.flatMap(({ moduleRequest }) => {
    const text = source.slice(moduleRequest.start, moduleRequest.end)
    return /^(['"`]).*\1$/s.test(text) ? text.slice(1, -1) : []
  })
  expect(program.type).toBe('Program')
  return [
    ...[...fixed, ...passedOn].map((specifier) => ({ from, specifier, isDynamic: false })),
    ...dynamic.map((specifier) => ({ from, specifier, isDynamic: true })),
  ]
}

/** What breaks the rules in one file, as sentences. */
const violations = (file: string, source: string): string[] => {
  const room = file.split('/')[0] ?? ''
  const allowed = MAY_USE[room]
  if (!allowed) return []
  return importsOf(source, file).flatMap(({ specifier, isDynamic }) => {
    if (specifier.startsWith('.')) {
      const target = path.posix.join(path.posix.dirname(file), specifier).split('/')[0] ?? ''
      return target === room || allowed.includes(target)
        ? []
        : [`${file} imports ${specifier}: ${room} may not use ${target}`]
    }
    if (specifier.startsWith('node:')) {
      return room === 'city' ? [`${file} imports ${specifier}: city is pure`] : []
    }
    if (room !== 'city' && room !== 'edge') return []
    const name = specifier
      .split('/')
      .slice(0, specifier.startsWith('@') ? 2 : 1)
      .join('/')
    return edgePackages.includes(name) || (room === 'edge' && isDynamic && edgePeers.includes(name))
      ? []
      : [`${file} imports ${specifier}, which an edge box does not install`]
  })
}

const files = globSync('{city,edge,store,authority,broker,analytics,api,flows}/**/*.{ts,mjs,js,cjs}', {
  cwd: root,
  exclude: (name) => name === 'node_modules',
})

describe('the house', () => {
  it('keeps its import rules', () => {
    expect(files.length).toBeGreaterThan(10)
    expect(files.flatMap((file) => violations(file, readFileSync(path.join(root, file), 'utf8')))).toEqual([])
  })

  it.each([
    ['city/x.ts', "import { readFileSync } from 'node:fs'"],
    ['city/x.ts', "export * from '../store/intake.ts'"],
    ['edge/x.ts', "const store = await import('../store/intake.ts')"],
    ['edge/drivers/x.ts', "import { DuckDBInstance } from '@duckdb/node-api'"],
    ['edge/x.ts', "import * as tf from '@tensorflow/tfjs-core'"],
    ['city/x.ts', "const tf = await import('@tensorflow/tfjs-core')"],
    ['api/web/x.ts', "import { ingest } from '../../broker/ingest.ts'"],
    ['flows/x.ts', "import { isThingPath } from '../city/names.ts'"],
  ])('would notice %s saying %s', (file, source) => {
    expect(violations(file, source)).toHaveLength(1)
  })

  it('has no clock and no randomness of its own in the domain', () => {
    const impure = files
      .filter((file) => file.startsWith('city/'))
      .filter((file) =>
        /Date\.now|Math\.random|performance\.now|Temporal\.Now|new Date\(\)/.test(
          readFileSync(path.join(root, file), 'utf8'),
        ),
      )
    expect(impure).toEqual([])
  })
})
