#!/usr/bin/env python3
import json
print(json.dumps({"web": {"hosts": ["web02"], "vars": {"n": 2}}, "db": {"hosts": ["web01"]},
                  "_meta": {"hostvars": {"web02": {"from": "script"}, "web01": {"n": 3}}}}))
