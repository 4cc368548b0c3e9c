"""Answers from Ansible's own code, many in one process: each line of stdin is a question, in JSON.

`sources` and `patterns`: what `ansible-inventory --list` prints for the sources, and for each pattern
what `ansible --list-hosts` would list, or the reason why Ansible refuses it. `literals`, `words`, `yaml`,
`addresses`: what Ansible makes of each text, null where it refuses it. `templates`: pairs of text and variables. `globs`: whether each pair of
pattern and name matches.
"""
import ast
import datetime
import fnmatch
import json
import os
import re
import sys

os.environ['ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED'] = '1'
os.environ['ANSIBLE_HOST_PATTERN_MISMATCH'] = 'error'
os.environ['ANSIBLE_LOCALHOST_WARNING'] = '0'

from ansible.cli.inventory import InventoryCLI  # noqa: E402
from ansible.errors import AnsibleError  # noqa: E402
from ansible.parsing.dataloader import DataLoader  # noqa: E402
from ansible.parsing.utils.addresses import parse_address  # noqa: E402
from ansible.parsing.yaml.loader import AnsibleLoader  # noqa: E402
from ansible.template import Templar  # noqa: E402
from ansible.utils.context_objects import GlobalCLIArgs  # noqa: E402
from ansible.utils.shlex import shlex_split  # noqa: E402


def inventory(question):
    arguments = ['ansible-inventory', '--list', '--playbook-dir', question['folder']]
    for source in question['sources']:
        arguments += ['-i', source]
    # The first command line of a process would else stand for all of them.
    GlobalCLIArgs._Singleton__instance = None
    cli = InventoryCLI(arguments)
    cli.parse()
    try:
        cli.loader, cli.inventory, cli.vm = cli._play_prereqs()
        listed = cli.dump(cli.json_inventory(cli._get_group('all')))
    except AnsibleError as error:
        return {'error': str(error)}
    return {'list': listed, 'hosts': {pattern: hosts(cli.inventory, pattern) for pattern in question['patterns']}}


def hosts(known, pattern):
    try:
        return {'names': [str(host) for host in known.list_hosts(pattern)]}
    except (AnsibleError, IndexError) as error:
        return {'error': str(error)}


def json_ready(value):
    """As Ansible's JSON has it; what has no place in JSON is an error."""
    if isinstance(value, dict):
        return {str(key) if isinstance(key, str) else json.dumps(key): json_ready(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [json_ready(item) for item in value]
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode('ascii')
    json.dumps(value, allow_nan=False)
    return value


def answer_each(texts, read):
    answers = []
    for text in texts:
        try:
            answers.append({'value': json_ready(read(text))})
        except Exception:
            answers.append(None)
    return answers


readers = {
    'literals': ast.literal_eval,
    'words': lambda text: shlex_split(text, comments=True),
    'yaml': lambda text: AnsibleLoader(text).get_single_data(),
    'globs': lambda pair: re.match(fnmatch.translate(pair[0]), pair[1]) is not None,
    'templates': lambda pair: Templar(loader=DataLoader(), variables=pair[1]).template(pair[0]),
    'addresses': lambda text: parse_address(text, allow_ranges=True),
}

for line in sys.stdin:
    question = json.loads(line)
    real_stdout, sys.stdout = sys.stdout, sys.stderr
    try:
        if 'sources' in question:
            reply = inventory(question)
        else:
            [(kind, texts)] = question.items()
            reply = answer_each(texts, readers[kind])
    finally:
        sys.stdout = real_stdout
    print(json.dumps(reply), flush=True)
