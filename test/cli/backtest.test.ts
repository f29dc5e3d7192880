import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { run } from '../../cli.ts'
import { nadi as nadiWith } from '../support/city.ts'
import { officeCells, wideCsv } from '../support/hourlyCsv.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

const nadi = (args: readonly string[]) => nadiWith([...args], {})
const csv = wideCsv({ north: officeCells(1), south: officeCells(2), broken: () => 'x' }, 80 * 24)

const withFile = async () => {
  const folder = await temporaryFolder()
  const file = path.join(folder.path, 'meters.csv')
  await writeFile(file, csv)
  return { ...folder, file, at: (name: string) => path.join(folder.path, name) }
}

describe('nadi backtest', () => {
  it('writes figures that follow from its predictions', async () => {
    await using folder = await withFile()
    const { code, stdout, stderr } = await nadi([
      'backtest',
      `--data=${folder.file}`,
      '--models=seasonal-week,four-weeks',
      `--json=${folder.at('out.json')}`,
      `--predictions=${folder.at('out.csv')}`,
      `--report=${folder.at('out.html')}`,
    ])
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/broken/) })
    expect(stdout).toMatch(/seasonal-week +\d/)
    const summary = JSON.parse(await readFile(folder.at('out.json'), 'utf8'))
    expect(Object.keys(summary)).toEqual(expect.arrayContaining(['models', 'findings', 'versions']))
    expect(summary.findings).toContainEqual(expect.objectContaining({ code: 'no-numbers', series: 'broken' }))
    expect(await readFile(folder.at('out.html'), 'utf8')).toMatch(/^<!doctype html>[^]*<\/html>\n$/)
    const [header, ...lines] = (await readFile(folder.at('out.csv'), 'utf8')).trim().split('\n')
    expect(header).toBe('model,building,issue_time,target_time,q10,q20,q30,q40,q50,q60,q70,q80,q90,truth')
    for (const name of ['seasonal-week', 'four-weeks']) {
      const { median, buildings, seconds, peakMemoryMb } = summary.models[name]
      expect(seconds).toBeGreaterThan(0)
      expect(peakMemoryMb).toBeGreaterThan(10)
      expect(Object.keys(median)).toEqual(Object.keys(buildings.north))
      for (const building of ['north', 'south']) {
        const rows = lines
          .map((line) => line.split(','))
          .filter((row) => row[0] === name && row[1] === building)
        const point = rows.map((row) => [Number(row[8]), Number(row[13])] as const)
        const squared = point.reduce((sum, [q50, truth]) => sum + (truth - q50) ** 2, 0)
        const mean = point.reduce((sum, [, truth]) => sum + truth, 0) / point.length
        const inside = rows.filter(
          (row) => Number(row[13]) >= Number(row[4]) && Number(row[13]) <= Number(row[12]),
        )
        expect(rows).toHaveLength(40 * 24)
        expect(buildings[building].windows).toBe(40)
        expect(buildings[building].nrmse).toBeCloseTo((100 * Math.sqrt(squared / rows.length)) / mean, 6)
        expect(buildings[building].coverage80).toBeCloseTo(inside.length / rows.length, 9)
      }
    }
  })

  it.each([
    [['--data', 'none.csv'], /none\.csv cannot be read/],
    [['--models', 'oracle'], /no model "oracle".*seasonal-week/],
    [['--train-fraction', '1.5'], /--train-fraction: a share below 1/],
    [['--train-until', 'spring'], /--train-until: a day like/],
    [['--timezone', 'Mars'], /"Mars" is no time zone.*"Europe\/London"/],
    [['--models', ' , '], /no model.*seasonal-week/],
    [['--buildings', ''], /--buildings: a name/],
    [['--report', '.'], /is a folder/],
    [['--pretrain-mapping', 'other.yaml'], /--pretrain-mapping: only with --pretrain/],
    [['--weather-mode', 'perfect'], /--weather-mode perfect: only with --weather/],
    [['--train-until', '2026-02-01', '--train-fraction', '0.5'], /cannot be used with/],
    [['--property', 'co2'], /energy, occupancy/],
    [['--json', '/no/such/folder/out.json'], /no folder/],
    [['--buildings', 'west*'], /No building/],
    [['--mapping', 'none.yaml'], /mapping none\.yaml cannot be read/],
  ])('answers %j with exit code 2 and a hint', async (args, hint) => {
    await using folder = await withFile()
    const said: string[] = []
    const note = (text: unknown): boolean => said.push(String(text)) > 0
    // In this process: each of a dozen new ones would load all models.
    const listeners = [process.stderr, process.stdout].map((out) =>
      vi.spyOn(out, 'write').mockImplementation(note),
    )
    const code = await run(['backtest', '--data', folder.file, ...args])
    for (const listener of listeners) listener.mockRestore()
    expect(code).toBe(2)
    expect(said.join('')).toMatch(hint)
  })

  it('learns from the buildings of another file, with the mapping of that file', async () => {
    await using folder = await withFile()
    await writeFile(folder.at('other.csv'), csv.replace('timestamp', 'zeit').replaceAll('2026-', '2025-'))
    await writeFile(
      folder.at('other.yaml'),
      'time: { columns: [zeit] }\nvalues: [{ datastream: "{column}/energy", unit: kWh, kind: interval }]\n',
    )
    const { code } = await nadi([
      'backtest',
      `--data=${folder.file}`,
      `--pretrain=${folder.at('other.csv')}`,
      `--pretrain-mapping=${folder.at('other.yaml')}`,
      '--models=ridge',
      `--json=${folder.at('out.json')}`,
    ])
    expect(code).toBe(0)
    const { models, versions } = JSON.parse(await readFile(folder.at('out.json'), 'utf8'))
    expect(versions.pretrain).not.toBe(versions.data)
    expect(models.ridge.median.nrmse).toBeLessThan(30)
  })

  it('fails with 1 and what to do when no day is left to forecast', async () => {
    await using folder = await withFile()
    const { code, stderr } = await nadi(['backtest', '--data', folder.file, '--train-until', '2030-01-01'])
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/--train-until/) })
  })
})
