-- Earlier minor versions have vulnerabilities through which SQL of one tenant can read more than its rows
-- (CVE-2026-6473, CVE-2025-8713).
select 'server' as object, format('PostgreSQL %s is older than the first safe release of its major version', current_setting('server_version')) as why
from (select current_setting('server_version_num')::int as number) as server
where number < 150018
  or number between 160000 and 160013
  or number between 170000 and 170009
  or number between 180000 and 180003
