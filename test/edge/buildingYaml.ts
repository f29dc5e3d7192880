import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/**
 * The shipped example of a `building.yaml`, with its password file beside it, pointed at another broker. Returns its
 * path inside `folder`.
 */
export const writeBuildingYaml = (folder: string, brokerUrl: string): string => {
  const examples = path.resolve(import.meta.dirname, '../../examples')
  const example = readFileSync(path.join(examples, 'edge/building.yaml'), 'utf8')
  const file = path.join(folder, 'building.yaml')
  writeFileSync(path.join(folder, 'building.password'), 'right\n')
  writeFileSync(
    file,
    example
      .replace('mqtt://127.0.0.1:1883', brokerUrl)
      .replace('../city.yaml', path.join(examples, 'city.yaml'))
      .replace('intervalSeconds: 5', 'intervalSeconds: 0.2')
      .replace('publishIntervalSeconds: 5', 'publishIntervalSeconds: 0.1'),
  )
  return file
}
