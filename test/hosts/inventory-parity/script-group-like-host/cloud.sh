#!/bin/sh
echo '{"web": {}, "app": {"hosts": ["web"], "vars": {"v": 1}}, "_meta": {"hostvars": {"web": {"z": 1}}}}'
