/** The names that old releases print instead of numbers (services(5)); others are taken for unknown. */
const names: Readonly<Record<string, number>> = {
  ftp: 21,
  ssh: 22,
  telnet: 23,
  smtp: 25,
  domain: 53,
  tftp: 69,
  http: 80,
  pop3: 110,
  ntp: 123,
  imap2: 143,
  snmp: 161,
  ldap: 389,
  https: 443,
  submission: 587,
  imaps: 993,
  sip: 5060,
  mysql: 3306,
  postgresql: 5432,
}

/** A port from its number or name; null for what is none. */
export function portNumber(text: string): number | null {
  if (Object.hasOwn(names, text)) return names[text] ?? null
  const number = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  return number >= 0 && number <= 65_535 ? number : null
}
