// Brings the project's packages in line with the lock file: the one set-up step of `npm start` and `npm test`.
// Plain JavaScript, because it runs under whatever Node the machine has.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const stamp = `${root}node_modules/.nadi-installed`
const nodeBinary = `${root}node_modules/node/bin/node`

const wanted = () =>
  createHash('sha256')
    .update(readFileSync(`${root}package-lock.json`))
    .digest('hex')

const installed = () =>
  existsSync(nodeBinary) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted()

/** Installs what is missing, with progress; does nothing when everything is there. */
export const setUp = async () => {
  if (installed()) return
  process.stderr.write('Nadi: installing its packages, Node 26 among them (about 500, 350 MB; once) ...\n')
  const startedMs = Date.now()
  const all = wantedPackages()
  const ticker = setInterval(() => {
    const { packages, megabytes } = whatIsThere(all)
    process.stderr.write(
      `Nadi: still installing, ${Math.round((Date.now() - startedMs) / 1000)} s so far: ${packages} of up to ` +
        `${all.length} packages unpacked, ${megabytes} MB ...\n`,
    )
  }, 5000)
  const code = await npmCi()
  clearInterval(ticker)
  if (code !== 0 || !existsSync(nodeBinary)) {
    process.stderr.write(
      'Nadi: the packages could not be installed (npm says why above). Check the network and the npm registry, then ' +
        'run the command again.\n',
    )
    process.exit(1)
  }
  writeFileSync(stamp, wanted())
  process.stderr.write(`Nadi: packages installed in ${Math.round((Date.now() - startedMs) / 1000)} s.\n`)
}

/** Folders of the packages in the lock file; some are for other systems and will never be there. */
const wantedPackages = () => {
  const { packages } = JSON.parse(readFileSync(`${root}package-lock.json`, 'utf8'))
  return Object.keys(packages).filter((name) => name.startsWith('node_modules/') && !packages[name].link)
}

/** What npm has unpacked by now; it makes all folders first and fills them afterwards. */
const whatIsThere = (all) => ({
  packages: all.filter((name) => existsSync(`${root}${name}/package.json`)).length,
  megabytes: Math.round(bytesIn(`${root}node_modules`) / 1e6),
})

const bytesIn = (folder) => {
  try {
    return readdirSync(folder, { withFileTypes: true }).reduce((bytes, entry) => {
      const at = path.join(folder, entry.name)
      if (entry.isDirectory()) return bytes + bytesIn(at)
      return bytes + (statSync(at, { throwIfNoEntry: false })?.size ?? 0)
    }, 0)
  } catch {
    // npm moves folders while it works.
    return 0
  }
}

const npmCi = () => {
  // npm says where it and its Node are. Both must lie outside node_modules, which `npm ci` deletes first.
  const { npm_execpath: npm, npm_node_execpath: npmNode } = process.env
  const outside = npm && npmNode && ![npm, npmNode].some((file) => file.startsWith(`${root}node_modules`))
  const [command, first] = outside ? [npmNode, [npm]] : ['npm', []]
  const PATH = (process.env.PATH ?? '')
    .split(path.delimiter)
    .filter((folder) => !folder.startsWith(`${root}node_modules`))
    .join(path.delimiter)
  // Node 20's npm warns of every package that wants a newer Node; the one that it installs is newer.
  const args = [...first, 'ci', '--loglevel=error', '--no-audit', '--no-fund']
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, PATH },
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    child.once('error', () => resolve(1))
    child.once('exit', (code) => resolve(code ?? 1))
  })
}
