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
}
