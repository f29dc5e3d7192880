import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { buildOpenApiText } from './build.ts'

/** `npm run openapi`: writes `docs/openapi.json` from the routes' own schemas. A test fails when it is behind. */
const root = path.resolve(import.meta.dirname, '../..')
const file = path.join(root, 'docs/openapi.json')
await writeFile(file, await buildOpenApiText(path.join(root, 'examples/city.yaml')))
process.stdout.write(`Wrote ${path.relative(root, file)}\n`)
