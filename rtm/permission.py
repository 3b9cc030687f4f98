"""Whether a service may use an app now: the rule of ``sharing.querysets.usable_by`` in SQL.

The hot paths ask it for a whole batch in one statement, fresh each time, so that a suspended
service, an app turned off or a share that ended counts at once. A test holds both to the same
answers.
"""

#: Over ``s`` (sharing_service), ``a`` (apps_app) and ``o`` (accounts_organization) of one row.
USABLE = """(
  CASE WHEN s.team_id IS NOT NULL THEN a.team_id IS NOT DISTINCT FROM s.team_id
       WHEN s.group_id IS NOT NULL THEN
         a.group_id IS NOT DISTINCT FROM s.group_id AND a.team_id IS NULL
       ELSE a.group_id IS NULL END
  OR (s.group_id IS NOT NULL AND EXISTS (
    SELECT 1 FROM sharing_appshare h, accounts_group g
    WHERE g.id = s.group_id AND h.content_object_id = a.id
      AND (h.ends_at IS NULL OR h.ends_at > now())
      AND (h.group_id = o.permission_group_id
        OR (s.team_id IS NULL AND h.group_id = g.permission_group_id)
        OR (s.team_id IS NOT NULL AND h.group_id = (
             SELECT t.permission_group_id FROM accounts_team t WHERE t.id = s.team_id))
        OR (s.team_id IS NOT NULL AND h.include_teams
            AND h.group_id = g.permission_group_id)))))"""

#: Over ``s`` and ``a``: the service has the app allocated, for all or for somebody.
ALLOCATED = """EXISTS (
  SELECT 1 FROM sharing_allocation l WHERE l.service_id = s.id AND l.app_id = a.id)"""
