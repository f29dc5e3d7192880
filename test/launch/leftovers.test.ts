import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { endLeftovers } from '../../launch/children.ts'
import { dataFiles } from '../../launch/files.ts'
import { lockDataDir } from '../../launch/lock.ts'
import { processIdentity } from '../../launch/processIdentity.ts'
import { secretFile } from '../../launch/secrets.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

const log = pino({ level: 'silent' })

/** A process that does nothing until it is ended. */
const idler = async () => {
  const child = spawn(process.execPath, ['-e', "setInterval(() => {}, 1000); console.log('up')"], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  return { child, pid: Number(child.pid), exit: once(child, 'exit') }
}

const note = (dataDir: string, name: string, seen: object): string => {
  const { children } = dataFiles(dataDir)
  mkdirSync(children, { recursive: true })
  const file = path.join(children, `${name}.json`)
  writeFileSync(file, JSON.stringify(seen))
  return file
}

describe('what a killed city left behind', () => {
  it('is ended when it is provably the process that was written down', async () => {
    await using folder = await temporaryFolder()
    const { pid, exit } = await idler()
    const file = note(folder.path, 'edge-library', { pid, identity: processIdentity(pid) })
    expect(endLeftovers(folder.path, log)).toBe(1)
    expect(await exit).toEqual([null, 'SIGKILL'])
    expect(existsSync(file)).toBe(false)
  })

  it('is left alone when another process has got its id, or what was written makes no sense', async () => {
    await using folder = await temporaryFolder()
    const { child, pid, exit } = await idler()
    note(folder.path, 'edge-library', { pid, identity: 'a process of before' })
    note(folder.path, 'edge-clinic', { pid: 'none' })
    expect(endLeftovers(folder.path, log)).toBe(0)
    expect(processIdentity(pid)).toBeDefined()
    child.kill('SIGKILL')
    await exit
  })
})

describe('the lock of a data folder', () => {
  it('is refused while its owner runs, and taken over from one that is gone', async () => {
    await using folder = await temporaryFolder()
    const { lock } = dataFiles(folder.path)
    const { child, pid, exit } = await idler()
    writeFileSync(lock, JSON.stringify({ pid, identity: processIdentity(pid) }))
    expect(() => lockDataDir(folder.path)).toThrow(new RegExp(`process ${pid}`))
    child.kill('SIGKILL')
    await exit
    {
      using held = lockDataDir(folder.path)
      expect(held).toBeDefined()
      expect(JSON.parse(readFileSync(lock, 'utf8')).pid).toBe(process.pid)
    }
    expect(existsSync(lock)).toBe(false)
  })
})

describe('a secret in a file', () => {
  it('is made once, for its owner alone, and again where the file is empty', async () => {
    await using folder = await temporaryFolder()
    const file = path.join(folder.path, 'secrets', 'key')
    expect(secretFile(file, () => 'first')).toBe('first')
    expect(secretFile(file, () => 'second')).toBe('first')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    writeFileSync(file, '')
    expect(secretFile(file, () => 'third')).toBe('third')
  })
})
