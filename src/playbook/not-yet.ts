/** What the playbook will hold and this version cannot do. It is refused by name: to ignore it would be to do less than asked, silently. */
export const notYet: Readonly<Record<string, string>> = {
  serial: 'remove it and roll out by hand: run with --limit on a few hosts first, then on all',
  max_fail_percentage: 'remove it and roll out by hand: run with --limit on a few hosts first, then on all',
}

/** Keys of Ansible's plays that people bring along, and where that wish goes here. */
export const elsewhere: Readonly<Record<string, string>> = {
  tasks: 'write the wished state under `conntrack:` and `sysctl:`; there are no tasks',
  roles: 'write the wished state under `conntrack:` and `sysctl:`; there are no roles',
  handlers: 'remove it; nothing needs to be restarted',
  gather_facts: 'remove it; the facts that are needed are always read',
  vars: 'put the variables into the inventory, or give them with --extra-vars',
  vars_files: 'put the variables into the inventory, or give them with --extra-vars @file',
  become_user: 'remove it, or set ansible_become_user in the inventory',
  become_method: 'remove it, or set ansible_become_method in the inventory',
  remote_user: 'set ansible_user in the inventory, or give --user',
  connection: 'remove it; the hosts are reached over SSH',
  tags: 'remove it, and choose with --limit or by file',
  strategy: 'remove it; hosts never wait for each other',
  any_errors_fatal: 'remove it; a failed host never stops the others',
}
