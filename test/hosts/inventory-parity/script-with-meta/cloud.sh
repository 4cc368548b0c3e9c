#!/bin/sh
cat <<'END'
{
  "_meta": {"hostvars": {
    "web01": {"ansible_host": "10.0.0.1", "tags": ["a", {"b": null}], "weight": 1.5, "big": 12345678901234567890},
    "db01": {},
    "stray": {"x": 1}
  }},
  "web": {"hosts": ["web01", "web02"], "vars": {"http_port": 8080, "on": true}},
  "db": ["db01", "web02"],
  "site": {"children": ["web", "db", "later"], "vars": {"zone": "eu"}},
  "later": {"hosts": []},
  "lonely": {"ansible_host": "10.0.0.9"},
  "all": {"vars": {"everywhere": "yes"}}
}
END
