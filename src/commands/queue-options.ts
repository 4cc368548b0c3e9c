import { Option } from 'commander'

/** What both sides of a queue take. */
export function queueOptions(): readonly Option[] {
  return [
    new Option(
      '--queue <address>',
      'the Redis through which runners get their work: redis://host:6379, rediss://user@host:6380 (TLS), unix:/path',
    ),
    new Option(
      '--queue-password-file <file>',
      'read the password of Redis from a file, or from what a program prints (else from CONNTRACKCTL_QUEUE_PASSWORD)',
    ),
    new Option('--queue-ca <file>', 'certificates, in PEM form, to trust for rediss://'),
    new Option('--queue-cert <file>', 'show this certificate to a Redis that wants one of its clients'),
    new Option('--queue-key <file>', 'the key of --queue-cert, in PEM form'),
    new Option('--signing-key <file>', 'sign what is said over the queue with this ed25519 key'),
    new Option(
      '--trust <file>',
      'whose word counts over the queue: public ed25519 keys, one a line, as in authorized_keys',
    ),
  ]
}
