// What the tests need from Debian, and what each is for. Run by `npm test`; says what it does before it does it.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const PACKAGES = [
  { name: 'influxdb', binary: 'influxd', purpose: "the store's contract suite runs against a real server" },
  {
    name: 'mosquitto-clients',
    binary: 'mosquitto_pub',
    purpose: "a stranger's MQTT client talks to the broker",
  },
  { name: 'e2fsprogs', binary: 'mkfs.ext4', purpose: 'a disk of its own is filled and has its power cut' },
  { name: 'strace', binary: 'strace', purpose: 'fsync is made to fail' },
  { name: 'faketime', binary: 'faketime', purpose: 'the clock jumps by hours' },
  {
    name: 'eatmydata',
    binary: 'eatmydata',
    purpose: 'a store without fsync shows that the power cuts find it',
  },
  { name: 'python3-pandas', module: 'pandas', purpose: 'a data scientist reads an export' },
  { name: 'python3-sklearn', module: 'sklearn', purpose: 'a data scientist refits a model' },
  { name: 'chromium', binary: 'chromium', purpose: 'the page is looked at in a real browser' },
]

const onPath = (binary) =>
  (process.env.PATH ?? '')
    .split(':')
    .concat('/usr/bin', '/usr/sbin')
    .some((folder) => existsSync(`${folder}/${binary}`))

/** Whether Debian's own Python has a module; one that a person has built elsewhere would not find it. */
const hasModule = (module) =>
  existsSync('/usr/bin/python3') && existsSync(`/usr/lib/python3/dist-packages/${module}`)

const isThere = ({ binary, module }) => (module === undefined ? onPath(binary) : hasModule(module))

/** Installs the missing Debian packages, or ends the process with the command that a person must run. */
export const installDebianPackages = () => {
  const missing = PACKAGES.filter((wanted) => !isThere(wanted))
  if (missing.length === 0) return
  for (const { name, purpose } of missing) process.stderr.write(`Nadi tests need ${name}: ${purpose}.\n`)
  const names = missing.map(({ name }) => name)
  const command = `apt-get update && apt-get install -y --no-install-recommends ${names.join(' ')}`
  if (process.getuid?.() !== 0 || !onPath('apt-get')) {
    process.stderr.write(`Install them and run the tests again, on Debian:\n  sudo sh -c '${command}'\n`)
    process.exit(1)
  }
  process.stderr.write(`Installing: ${command}\n`)
  const { status } = spawnSync('sh', ['-c', command], {
    // A package must not start its own server (influxdb) on this machine: the tests start theirs, on free ports.
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
    stdio: ['ignore', 2, 2],
  })
  if (status !== 0) process.exit(1)
}
