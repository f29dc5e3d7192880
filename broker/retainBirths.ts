import { birthTopic } from '../city/topics.ts'
import type { BirthTable } from '../store/catalogue/catalogue.ts'
import type { Router } from './router.ts'

/** What devices declared last is retained again by a broker that starts: they need not say it twice. */
export const retainBirths = (births: Pick<BirthTable, 'list'>, router: Pick<Router, 'publish'>): void => {
  for (const { device, payload } of births.list()) {
    router.publish({ topic: birthTopic(device), payload: Buffer.from(payload), qos: 1, retain: true })
  }
}
