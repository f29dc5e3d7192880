import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildOpenApiText } from '../../api/openapi/build.ts'
import { openTestApi, type TestApi } from './testApi.ts'

const root = path.resolve(import.meta.dirname, '../..')

let api: TestApi
beforeAll(async () => {
  api = await openTestApi()
})
afterAll(() => api[Symbol.asyncDispose]())

interface Document {
  openapi: string
  paths: Record<string, Record<string, { summary?: string; responses: Record<string, unknown> }>>
}

const operations = ({ paths }: Document): string[] =>
  Object.entries(paths)
    .flatMap(([at, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${at}`))
    .sort()

describe('the OpenAPI document', () => {
  it('is the one in docs/openapi.json (else: npm run openapi)', async () => {
    const kept = await readFile(path.join(root, 'docs/openapi.json'), 'utf8')
    expect(JSON.parse(kept)).toEqual(
      JSON.parse(await buildOpenApiText(path.join(root, 'examples/city.yaml'))),
    )
  })

  it('is OpenAPI 3.1 and says what each operation does and how it fails', async () => {
    const document: Document = await api.json('/openapi.json')
    expect(document.openapi).toBe('3.1.0')
    for (const [at, methods] of Object.entries(document.paths)) {
      for (const [method, { summary, responses }] of Object.entries(methods)) {
        expect(summary, `${method} ${at}`).toBeTruthy()
        expect(JSON.stringify(responses), `${method} ${at}`).toContain('application/problem+json')
      }
    }
  })

  it('holds every served /v1 route, and nothing that is not served', async () => {
    const served = new Set(
      api.app.routes
        .filter(({ method, path: at }) => method !== 'ALL' && at.startsWith('/v1/') && !at.includes('*'))
        .map(({ method, path: at }) => `${method} ${at.replaceAll(/:([^/{]+)(?:\{[^}]*\})?/g, '{$1}')}`),
    )
    const documented = operations(await api.json('/openapi.json')).filter((operation) =>
      operation.includes(' /v1/'),
    )
    expect(documented).toEqual([...served].sort())
    expect(documented.length).toBeGreaterThan(10)
  })
})

describe('/docs', () => {
  it('loads its files from here alone', async () => {
    const page = await (await api.get('/docs')).text()
    const addresses = [...page.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address]) => address ?? '')
    expect(addresses.length).toBeGreaterThan(2)
    for (const address of addresses) {
      expect(address).toMatch(/^\//)
      expect((await api.get(address)).status).toBe(200)
    }
    expect(page).not.toMatch(/<script>|style=/)
  })

  it('serves no other file of the package', async () => {
    for (const file of ['package.json', '..%2Fpackage.json', 'constructor', 'index.html'])
      expect((await api.get(`/docs/assets/${file}`)).status).toBe(404)
  })

  it('explains every problem that it links to', async () => {
    const page = await (await api.get('/docs/problems')).text()
    const { type } = await api.json('/v1/nothing', undefined, 404)
    expect(page).toContain(`id="${type.split('#')[1]}"`)
  })
})
