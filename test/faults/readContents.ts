import type { Sample } from '../../city/observation.ts'
import type { Catalogue } from '../../store/catalogue/catalogue.ts'
import type { ObservationStore } from '../../store/observations.ts'
import type { StoredContents } from './messages.ts'
import { RANGE_MS } from './observations.ts'

const PAGE = 50_000

/** All samples of all Datastreams, what the buckets say of them, and the quarantine. */
export const readContents = async (
  catalogue: Catalogue,
  observations: ObservationStore,
): Promise<StoredContents> => {
  const contents: StoredContents = {
    datastreams: [],
    quarantine: [],
    quarantineDropped: catalogue.quarantine.dropped(),
  }
  for (const { id, path } of catalogue.datastreams.list()) {
    const samples = await allSamples(observations, id)
    const rows = await bucketsAround(observations, id, samples)
    contents.datastreams.push({
      path,
      timesMs: samples.map(({ timeMs }) => timeMs),
      values: samples.map(({ value }) => value),
      bucketCount: rows.reduce((sum, { count }) => sum + count, 0),
      bucketSum: rows.reduce((sum, row) => sum + (row.sum ?? 0), 0),
    })
  }
  for (const id of catalogue.quarantine.ids({ limit: 1_000_000 })) {
    const pack = catalogue.quarantine.find(id)
    if (pack) {
      contents.quarantine.push({ device: pack.device, payload: Buffer.from(pack.payload).toString() })
    }
  }
  return contents
}

const allSamples = async (observations: ObservationStore, datastreamId: number): Promise<Sample[]> => {
  const all: Sample[] = []
  for (let { fromMs } = RANGE_MS; ;) {
    const page = await observations.raw({ datastreamId, fromMs, toMs: RANGE_MS.toMs, limit: PAGE })
    for (const sample of page) all.push(sample)
    const last = page.at(-1)
    if (!last || page.length < PAGE) return all
    fromMs = last.timeMs + 1
  }
}

const bucketsAround = async (
  observations: ObservationStore,
  datastreamId: number,
  samples: readonly Sample[],
) => {
  const [first, last] = [samples[0], samples.at(-1)]
  if (!first || !last) return []
  return observations.buckets({
    datastreamId,
    kind: 'instant',
    bucket: { unit: 'h', count: 1 },
    timeZone: 'UTC',
    fromMs: first.timeMs,
    toMs: last.timeMs + 1,
  })
}
