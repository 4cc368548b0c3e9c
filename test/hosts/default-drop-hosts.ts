import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import type { RigHost } from './rig/rig.mjs'
import { startWiredHosts, type WiredHosts } from './wired-hosts.ts'

/** The rules of `/etc/nftables.conf` that let connections in. */
export const nftConf = (accepts: readonly string[]): string => `flush ruleset
table inet filter {
	chain input {
		type filter hook input priority filter; policy drop;
		iif "lo" accept
		ct state vmap { established : accept, related : accept, invalid : drop }
		meta l4proto ipv6-icmp accept
${accepts.map((rule) => `\t\t${rule}\n`).join('')}	}
	chain output {
		type filter hook output priority filter; policy drop;
		oif "lo" accept
		meta l4proto ipv6-icmp accept
		ct state established,related accept
	}
}
`
/** The same of iptables. The seed of the whole: state matches in every rule, and what is not named is dropped, in both directions. */
export const saved = (icmp: string): string => `*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT DROP [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT
-A INPUT -p ${icmp} -j ACCEPT
-A INPUT -p tcp -m state --state NEW -m tcp --dport 22 -j ACCEPT
-A INPUT -p tcp -m state --state NEW -m tcp --dport 8080 -j ACCEPT
-A OUTPUT -o lo -j ACCEPT
-A OUTPUT -p ${icmp} -j ACCEPT
-A OUTPUT -m state --state RELATED,ESTABLISHED -j ACCEPT
COMMIT
`
const started = (name: string) => ({
  [`/etc/systemd/system/multi-user.target.wants/${name}.service`]: {
    link: `/lib/systemd/system/${name}.service`,
  },
})

/** What a service does at boot with each host's own files. */
export const load: Readonly<Record<string, string>> = {
  nft: 'nft -f /etc/nftables.conf',
  legacy: 'iptables-legacy-restore /etc/iptables/rules.v4 && ip6tables-legacy-restore /etc/iptables/rules.v6',
  translated: 'iptables-nft-restore /etc/iptables/rules.v4 && ip6tables-nft-restore /etc/iptables/rules.v6',
}
const savedRules = {
  '/etc/iptables/rules.v4': saved('icmp'),
  '/etc/iptables/rules.v6': saved('ipv6-icmp'),
  ...started('netfilter-persistent'),
}

/** Hosts by how they keep their rules. */
export const kinds = ['nft', 'legacy', 'translated'] as const

/** Answers each line with itself. */
const echoServer = `import socketserver
class Echo(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(line)
class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    address_family = socketserver.socket.AF_INET6
server = Server(("::", 8080), Echo)
print("listens", flush=True)
server.serve_forever()
`
/** Opens so many connections one after the other, of which each has to be answered; prints how many were. */
const knock = `import socket, sys
answered = 0
for _ in range(int(sys.argv[2])):
    try:
        with socket.create_connection((sys.argv[1], 8080), timeout=3) as s:
            s.sendall(b"x\\n")
            answered += s.recv(10) == b"x\\n"
    except OSError:
        pass
print(answered)
`

/**
 * Three hosts with a cable each, behind a firewall that drops what it does not know, by each of the ways in which one is
 * kept; on each a service answers at port 8080.
 */
export async function startDefaultDropHosts(nftRules: string): Promise<WiredHosts> {
  const wired = await startWiredHosts([
    { name: 'nft', files: { '/etc/nftables.conf': nftRules, ...started('nftables') } },
    { name: 'legacy', files: savedRules },
    { name: 'translated', files: savedRules },
  ])
  for (const host of wired.rig.hosts) {
    await host.exec(load[host.name] ?? '')
    // The server says when it listens: whoever calls before is refused.
    const { stdout } = await host.exec(
      `cat >/root/echo.py <<'end'\n${echoServer}end\nmkfifo /root/ready; (setsid python3 /root/echo.py >/root/ready 2>/dev/null &); head -n 1 /root/ready`,
    )
    if (stdout !== 'listens\n') throw new Error(`${host.name}: the service said ${stdout}`)
  }
  return wired
}

/** Of so many connections to the service, one after the other, how many were answered. */
export async function answered(wired: WiredHosts, address: string, count: number): Promise<number> {
  const client = wired.spawn('python3', ['-c', knock, address, String(count)])
  let text = ''
  client.stdout?.on('data', (data) => (text += String(data)))
  await once(client, 'close')
  return Number(text)
}

/** The same of a host that asks itself. */
export async function answeredAtHome(host: RigHost, count: number): Promise<number> {
  const { stdout } = await host.exec(`python3 - 127.0.0.1 ${count} <<'end'\n${knock}end`)
  return Number(stdout)
}

/**
 * Loads a host's files as if they had no rules for `lo`, but one that lets the host ask its own service: what it answers
 * itself then passes its firewall as any connection does.
 */
export async function loadWithoutLoopback(host: RigHost): Promise<void> {
  const edit = (asks: string): string =>
    `s/^-A OUTPUT -o lo .*\\|^.*oif "lo" accept/${asks}/; /^-A INPUT -i lo \\|iif "lo" accept/d`
  const tables = edit('-A OUTPUT -p tcp --dport 8080 -m state --state NEW -j ACCEPT')
  const restore = (variant: string): string =>
    `sed '${tables}' /etc/iptables/rules.v4 | iptables-${variant}-restore && sed '${tables}' /etc/iptables/rules.v6 | ip6tables-${variant}-restore`
  const script = {
    nft: `sed '${edit('tcp dport 8080 ct state new accept')}' /etc/nftables.conf | nft -f -`,
    legacy: restore('legacy'),
    translated: restore('nft'),
  }[host.name]
  const { code, stderr } = await host.exec(script ?? 'false')
  if (code !== 0) throw new Error(`${host.name}: ${stderr}`)
}

/** All rules in force, without what counts. */
export async function ruleset(host: RigHost): Promise<string> {
  const list =
    host.name === 'nft'
      ? 'nft -s list ruleset'
      : host.name === 'legacy'
        ? 'iptables-legacy-save; ip6tables-legacy-save'
        : 'iptables-nft-save; ip6tables-nft-save'
  const { stdout } = await host.exec(list)
  return stdout.replaceAll(/^#.*\n/gm, '').replaceAll(/\[\d+:\d+\]/g, '')
}

/** A play of all hosts, in a file. */
export function playbookFile(wired: WiredHosts, name: string, section: string): string {
  const file = `${wired.rig.folder}/${name}.yml`
  writeFileSync(file, `- name: ${name}\n  hosts: all\n  ${section}\n`)
  return file
}

/** A connection that stays open, and asks whether it is still alive. */
export function keepOpen(wired: WiredHosts, command: string, words: readonly string[]) {
  const child = wired.spawn(command, words)
  let text = ''
  child.stdout?.on('data', (data) => (text += String(data)))
  return {
    child,
    isAlive: async (word: string): Promise<boolean> => {
      child.stdin?.write(`${word}\n`)
      for (let tries = 0; tries < 400 && !text.includes(word); tries += 1)
        await new Promise((resolve) => setTimeout(resolve, 50))
      return text.includes(word)
    },
  }
}
