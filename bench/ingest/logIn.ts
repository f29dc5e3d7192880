import { once } from 'node:events'
import type { Socket } from 'node:net'
import { generate } from 'mqtt-packet'

/** Sends CONNECT as this device and waits for the broker's yes. */
export const logIn = async (
  socket: Socket,
  { id, password }: { id: string; password: string },
): Promise<void> => {
  await once(socket, 'connect')
  socket.write(
    generate({
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: 4,
      clean: true,
      clientId: id,
      keepalive: 600,
      username: id,
      password: Buffer.from(password),
    }),
  )
  const [connack] = (await once(socket, 'data')) as [Buffer]
  if (connack[0] !== 0x20 || connack[3] !== 0) throw new Error(`CONNACK ${connack.toString('hex')}`)
}
