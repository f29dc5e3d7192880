import type { Command } from '@commander-js/extra-typings'
import { connectCity } from './city.ts'
import { example, withCity } from './options.ts'
import { print, printJson, printTable, say } from './output.ts'

interface ApiKey {
  id: string
  role: string
  name: string
  createdAt: string
  revokedAt: string | null
}

/** `nadi keys`: how machines read the API and MQTT. */
export const register = (program: Command): void => {
  const keys = program
    .command('keys')
    .description('Keys of machines, sent as "Authorization: Bearer KEY"')
    .addHelpText('after', example('npx nadi keys add --role scientist --name notebook', 'npx nadi keys list'))

  withCity(keys.command('add'))
    .description('makes a key and prints it, once')
    .requiredOption('--role <role>', 'citizen, operator, scientist, administrator or agency:ID')
    .option('--name <name>', 'what it is for', 'unnamed')
    .addHelpText('after', example('npx nadi keys add --role scientist --name notebook'))
    .action(async ({ role, name, json, ...at }) => {
      const made = await connectCity(at).post<{ id: string; key: string }>('/v1/keys', { role, name })
      if (json) return printJson(made)
      say('This key is shown once.')
      print(`id   ${made.id}\nkey  ${made.key}`)
    })

  withCity(keys.command('list'))
    .description('lists keys, without their secrets')
    .addHelpText('after', example('npx nadi keys list'))
    .action(async ({ json, ...at }) => {
      const all = await Array.fromAsync(connectCity(at).all<ApiKey>('/v1/keys?limit=1000'))
      if (json) return printJson({ items: all })
      printTable(
        ['id', 'role', 'name', 'created', 'revoked'],
        all.map(({ id, role, name, createdAt, revokedAt }) => [id, role, name, createdAt, revokedAt]),
      )
    })

  withCity(keys.command('revoke').argument('<id>'))
    .description('revokes a key')
    .addHelpText('after', example('npx nadi keys revoke 378cf4e3cd3ae02c'))
    .action(async (id, { json, ...at }) => {
      await connectCity(at).delete(`/v1/keys/${encodeURIComponent(id)}`)
      if (json) return printJson({ revoked: id })
      say(`Revoked ${id}.`)
    })
}
