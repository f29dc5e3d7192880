import { statusTopic } from '../city/topics.ts'
import type { DeviceTable } from '../store/catalogue/catalogue.ts'
import type { Router } from './router.ts'

/** Nobody is connected to a broker that starts, whatever was last heard. */
export const retainStatuses = (devices: DeviceTable, router: Router, nowMs: number): void => {
  for (const { id, status } of devices.list()) {
    if (status === 'never') continue
    if (status === 'online') devices.setStatus(id, 'offline', nowMs)
    router.publish({ topic: statusTopic(id), payload: Buffer.from('offline'), qos: 1, retain: true })
  }
}
