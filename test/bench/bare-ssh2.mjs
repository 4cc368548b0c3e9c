// The least a Node program can do: connect with ssh2, run one command, collect what it prints.
// Usage: node bare-ssh2.mjs INVENTORY FORKS COMMAND
import { readFileSync } from 'node:fs'
import pLimit from 'p-limit'
import ssh2 from 'ssh2'
import { parse } from 'yaml'

const [inventoryFile, forks, command] = process.argv.slice(2)
const { all } = parse(readFileSync(inventoryFile, 'utf8'))
const privateKey = readFileSync(all.vars.ansible_ssh_private_key_file)

const limit = pLimit(Number(forks))
const answers = await limit.map(
  Object.values(all.hosts),
  (host) =>
    new Promise((resolve, reject) => {
      const client = new ssh2.Client()
      client.on('error', reject)
      client.on('ready', () => {
        client.exec(command, (error, channel) => {
          if (error) return reject(error)
          let text = ''
          channel.on('data', (chunk) => {
            text += chunk
          })
          channel.on('close', () => {
            client.end()
            resolve(text)
          })
        })
      })
      client.connect({
        host: host.ansible_host,
        port: host.ansible_port,
        username: 'root',
        privateKey,
        hostVerifier: () => true,
      })
    }),
)
console.log(answers.length)
