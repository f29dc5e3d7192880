import { createHash } from 'node:crypto'
import { readFileSync, globSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'

/** One file that the page loads: small, kept in memory, known by its hash. */
export interface Asset {
  body: Uint8Array<ArrayBuffer>
  contentType: string
  etag: string
}

const FONT = '@fontsource-variable/instrument-sans/files/instrument-sans-latin-wdth-normal.woff2'

/** Everything under `/assets/`, by name. The stylesheets are joined in the order of their names. */
export const loadAssets = (): ReadonlyMap<string, Asset> => {
  const folder = import.meta.dirname
  const read = (file: string): Uint8Array => readFileSync(path.join(folder, file))
  const font = createRequire(import.meta.url).resolve(FONT)
  return new Map([
    ['nadi.css', asset(Buffer.from(stylesheet()), 'text/css; charset=utf-8')],
    ['live.js', asset(read('client/live.js'), 'text/javascript; charset=utf-8')],
    ...[180, 192, 512].map((size): [string, Asset] => [
      `icon-${size}.png`,
      asset(read(`client/icon-${size}.png`), 'image/png'),
    ]),
    ['favicon.svg', asset(read('client/favicon.svg'), 'image/svg+xml')],
    ['instrument-sans.woff2', asset(readFileSync(font), 'font/woff2')],
  ])
}

/** The service worker. It has an address of its own, because it may only see to what lies beside and below it. */
export const loadServiceWorker = (): Asset =>
  asset(readFileSync(path.join(import.meta.dirname, 'client/sw.js')), 'text/javascript; charset=utf-8')

/** The whole stylesheet of the page, without comments and indentation. */
export const stylesheet = (): string => {
  const folder = path.join(import.meta.dirname, 'styles')
  return globSync('*.css', { cwd: folder })
    .sort()
    .map((file) => readFileSync(path.join(folder, file), 'utf8'))
    .join('\n')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/\n\s*/g, '\n')
}

const asset = (bytes: Uint8Array, contentType: string): Asset => ({
  body: new Uint8Array(bytes),
  contentType,
  etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 16)}"`,
})
