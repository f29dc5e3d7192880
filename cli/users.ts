import { text } from 'node:stream/consumers'
import type { Command } from '@commander-js/extra-typings'
import { connectCity } from './city.ts'
import { example, withCity } from './options.ts'
import { print, printJson, printTable, say } from './output.ts'

interface User {
  name: string
  role: string
  createdAt: string
}

/** `nadi users`: local accounts of people. */
export const register = (program: Command): void => {
  const users = program
    .command('users')
    .description('Accounts of people, who log in on the page')
    .addHelpText('after', example('npx nadi users add siti --role operator', 'npx nadi users list'))

  withCity(users.command('add').argument('<name>'))
    .description('adds an account; the city makes a password and prints it, once')
    .requiredOption('--role <role>', 'operator, scientist, administrator or agency:ID')
    .option('--password-stdin', 'read the password from standard input instead')
    .addHelpText(
      'after',
      example(
        'npx nadi users add siti --role operator',
        'npx nadi users add siti --role operator --password-stdin < secret',
      ),
    )
    .action(async (name, { role, passwordStdin, json, ...at }) => {
      // Never an argument: those are seen by everybody on the machine and kept in the shell's history.
      const given = passwordStdin ? (await text(process.stdin)).replace(/\r?\n$/, '') : undefined
      const made = await connectCity(at).post<{ name: string; role: string; password?: string }>(
        '/v1/users',
        {
          name,
          role,
          ...(given !== undefined && { password: given }),
        },
      )
      if (json) return printJson(made)
      if (made.password === undefined) return say(`Added ${made.name} as ${made.role}.`)
      say('This password is shown once.')
      print(`name      ${made.name}\npassword  ${made.password}`)
    })

  withCity(users.command('list'))
    .description('lists accounts')
    .addHelpText('after', example('npx nadi users list'))
    .action(async ({ json, ...at }) => {
      const all = await Array.fromAsync(connectCity(at).all<User>('/v1/users?limit=1000'))
      if (json) return printJson({ items: all })
      printTable(
        ['name', 'role', 'created'],
        all.map(({ name, role, createdAt }) => [name, role, createdAt]),
      )
    })

  withCity(users.command('remove').argument('<name>'))
    .description('removes an account and ends its sessions')
    .addHelpText('after', example('npx nadi users remove siti'))
    .action(async (name, { json, ...at }) => {
      await connectCity(at).delete(`/v1/users/${encodeURIComponent(name)}`)
      if (json) return printJson({ removed: name })
      say(`Removed ${name}.`)
    })
}
