import { Aedes, type AedesOptions, type Client, type PublishPacket } from 'aedes'

/**
 * Aedes, made fit for this city: packets that are absorbed (stored, quarantined or refused) are acknowledged and go
 * nowhere else; what waits for an absent subscriber is bounded.
 */
export interface Router extends Aedes {
  /** This packet is acknowledged, but neither retained nor routed. */
  absorb: (packet: object) => void
  /** Messages not kept for absent subscribers because their queue was full. */
  dropped(): number
}

export interface RouterOptions extends AedesOptions {
  /** True for topics whose packets from clients are always absorbed: faster than `absorb` for each. */
  isAbsorbed?: (topic: string) => boolean
  /** Most messages kept for one absent subscriber; further ones are dropped. */
  maxOffline?: number
}

export const createRouter = async ({
  isAbsorbed = () => false,
  maxOffline = 1000,
  ...options
}: RouterOptions): Promise<Router> => {
  const router = new AbsorbingAedes(options, isAbsorbed)
  await router.listen()
  router.bound(maxOffline)
  return router
}

type Done = (error?: Error) => void
type Sent = PublishPacket & { brokerId?: string; brokerCounter?: number }

/** The types leave out the second of three parameters (Aedes 1.2.0, `aedes.js`). */
const AedesWithSender = Aedes as unknown as new (
  options: AedesOptions,
) => Aedes & { publish(packet: Sent, client?: Client | Done | null, done?: Done): void }

class AbsorbingAedes extends AedesWithSender {
  readonly #absorbed = new WeakSet<object>()
  readonly #isAbsorbed: (topic: string) => boolean
  #zeroCounter = 0
  #dropped = 0

  constructor(options: AedesOptions, isAbsorbed: (topic: string) => boolean) {
    super(options)
    this.#isAbsorbed = isAbsorbed
  }

  absorb(packet: object): void {
    this.#absorbed.add(packet)
  }

  dropped(): number {
    return this.#dropped
  }

  override publish(packet: Sent, client?: Client | Done | null, done?: Done): void {
    const fromClient = typeof client === 'object' && client !== null
    if (fromClient && (this.#isAbsorbed(packet.topic) || this.#absorbed.has(packet))) {
      done?.()
      return
    }
    // Aedes drops what a client gets out of order of one counter, but a QoS 0 packet overtakes a QoS 1 packet that is
    // still being enqueued: with a counter of their own neither makes the other look like a repeat.
    if (packet.qos !== 1 && packet.qos !== 2 && packet.brokerId === undefined) {
      packet.brokerId = `${this.id}/0`
      packet.brokerCounter = ++this.#zeroCounter
    }
    super.publish(packet, client, done)
  }

  /** Bounds what is kept for each absent (or silent) subscriber with a session. */
  bound(maxOffline: number): void {
    const { persistence } = this as unknown as { persistence: Persistence }
    const kept = new Map<string, number>()
    const enqueue = persistence.outgoingEnqueueCombi.bind(persistence)
    const clear = persistence.outgoingClearMessageId.bind(persistence)
    persistence.outgoingEnqueueCombi = (subscriptions, packet) => {
      const withRoom = subscriptions.filter(({ clientId }) => (kept.get(clientId) ?? 0) < maxOffline)
      this.#dropped += subscriptions.length - withRoom.length
      for (const { clientId } of withRoom) kept.set(clientId, (kept.get(clientId) ?? 0) + 1)
      return enqueue(withRoom, packet)
    }
    persistence.outgoingClearMessageId = async (client, packet) => {
      const cleared = await clear(client, packet)
      if (cleared) kept.set(client.id, Math.max(0, (kept.get(client.id) ?? 0) - 1))
      return cleared
    }
  }
}

/** What is used here of Aedes' persistence, which its types do not name. */
interface Persistence {
  outgoingEnqueueCombi(subscriptions: readonly { clientId: string }[], packet: object): Promise<void>
  outgoingClearMessageId(client: { id: string }, packet: object): Promise<object | undefined>
}
