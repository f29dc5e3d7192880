import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NadiError } from '../../city/errors.ts'
import { parseSettings, readCredentials, readEdgeConfig } from '../../edge/config.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'
import { writeBuildingYaml } from './buildingYaml.ts'

const GOOD = `device: office-edge
password: secret
broker: mqtt://127.0.0.1:1883
building: office
spool:
  file: spool.sqlite
driver:
  kind: simulated
  seed: 7
`

/** The places and reasons of what is wrong with a file. */
const problems = (text: string): string[] => {
  try {
    parseSettings(text, 'building.yaml')
    return []
  } catch (error) {
    if (!(error instanceof NadiError)) throw error
    expect(error.code).toBe('invalid-input')
    return error.problems.map(({ pointer, detail }) => `${pointer} ${detail}`)
  }
}

describe('building.yaml', () => {
  it('needs little, and leaves the block of the driver to the driver', () => {
    expect(parseSettings(GOOD, 'building.yaml')).toMatchObject({
      publishIntervalSeconds: 0,
      spool: { maxBytes: 256 * 1024 * 1024 },
      driver: { kind: 'simulated', seed: 7 },
    })
  })

  it('may be written as JSON', () => {
    const settings = parseSettings(GOOD, 'building.yaml')
    expect(parseSettings(JSON.stringify(settings), 'office.json')).toEqual(settings)
  })

  it.each([
    [
      'an unknown device name',
      'device: office-edge',
      'device: office/edge',
      'building.yaml:1:9 device: 1 to 64 letters',
    ],
    ['a broker of another protocol', 'mqtt://127', 'http://127', 'building.yaml:3:9 broker: '],
    ['a password in the URL', 'mqtt://127', 'mqtt://me:secret@127', 'building.yaml:3:9 broker: '],
    [
      'a building that is no segment',
      'building: office',
      'building: Office',
      'building.yaml:4:11 building: ',
    ],
    [
      'a spool that is too small',
      '  file: spool.sqlite',
      '  file: s\n  maxBytes: 10',
      'building.yaml:7:13 spool.maxBytes',
    ],
    [
      'a name that is no setting',
      '  file: spool.sqlite',
      '  file: s\n  maxbytes: 9',
      'spool.maxbytes: is no setting',
    ],
    ['a driver without kind', '  kind: simulated\n', '', 'building.yaml:8:3 driver.kind: '],
    [
      'both ways to state the password',
      'password: secret',
      'password: s\npasswordFile: p',
      'either passwordFile or password',
    ],
    ['no password', 'password: secret\n', '', 'name passwordFile, password, or certFile'],
    [
      'a certificate without its key',
      'password: secret',
      'certFile: c.pem',
      'certFile and keyFile belong together',
    ],
    ['two of the same name', 'building: office', 'building: office\nbuilding: other', 'building.yaml:5:1'],
    ['broken YAML', 'spool:', 'spool: [', 'building.yaml:'],
  ])('names the place of %s', (_what, from, to, expected) => {
    expect(problems(GOOD.replace(from, to)).join('\n')).toContain(expected)
  })

  it('names every fault at once', () => {
    expect(
      problems(GOOD.replace('mqtt:', 'http:').replace('building: office', 'building: A B')),
    ).toHaveLength(2)
  })

  it('says what is wrong with any text, and never fails otherwise', () => {
    const words = fc.constantFrom(
      ...GOOD.split(/(?<=[\s:])/),
      '&a',
      '*a',
      '[',
      '{',
      '- ',
      '\n',
      '!!x ',
      '<<: ',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(words).map((parts) => parts.join('')),
        ),
        (text) => void problems(text),
      ),
    )
  })

  it('takes the password from the first line of a file beside it, and says so when there is none', async () => {
    await using folder = await temporaryFolder()
    const file = path.join(folder.path, 'building.yaml')
    await writeFile(file, GOOD.replace('password: secret', 'passwordFile: ./secret'))
    await expect(readEdgeConfig(file)).rejects.toThrow(/secret cannot be read/)
    await writeFile(path.join(folder.path, 'secret'), '\n')
    await expect(readEdgeConfig(file)).rejects.toThrow(/secret is empty/)
    await writeFile(path.join(folder.path, 'secret'), 'pass word\nsecond line\n')
    const config = await readEdgeConfig(file)
    expect(await readCredentials(config.proof)).toEqual({ password: 'pass word' })
    expect(config).toMatchObject({
      urls: ['mqtt://127.0.0.1:1883'],
      spool: { file: path.join(folder.path, 'spool.sqlite') },
      folder: folder.path,
    })
  })

  it('is right in the shipped example', async () => {
    await using folder = await temporaryFolder()
    const config = await readEdgeConfig(writeBuildingYaml(folder.path, 'mqtt://127.0.0.1:1883'))
    expect(config).toMatchObject({
      device: 'shared-office-edge',
      building: 'shared-office',
    })
    expect(await readCredentials(config.proof)).toEqual({ password: 'right' })
  })

  it('takes certificates instead of a password, and reads them anew each time that it is asked', async () => {
    await using folder = await temporaryFolder()
    const file = path.join(folder.path, 'building.yaml')
    const names = ['ca.pem', 'cert.pem', 'key.pem']
    await writeFile(
      file,
      GOOD.replace('password: secret', 'caFile: ca.pem\ncertFile: cert.pem\nkeyFile: key.pem'),
    )
    await expect(readEdgeConfig(file)).rejects.toThrow(/ca.pem cannot be read/)
    for (const name of names) await writeFile(path.join(folder.path, name), name)
    const { proof } = await readEdgeConfig(file)
    expect(await readCredentials(proof)).toEqual({ ca: 'ca.pem', cert: 'cert.pem', key: 'key.pem' })
    await writeFile(path.join(folder.path, 'cert.pem'), 'rotated')
    expect(await readCredentials(proof)).toMatchObject({ cert: 'rotated' })
  })

  it('says which file is missing', async () => {
    await expect(readEdgeConfig('/nowhere/building.yaml')).rejects.toThrow(/building.yaml cannot be read/)
  })
})
