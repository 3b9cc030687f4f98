"""Messages of devices into the inbox: each ``clientRef`` of a device once.

A device whose answer was lost says a message again, by REST or by MQTT, with the same
``clientRef``. The log is partitioned and can have no such key, so the refs have a table.
"""

#: Columns: ids, apps, addresses, devices, bodies, times, refs (empty: nothing to compare).
#: A ref that somebody else is just inserting makes this wait for their commit; the order
#: keeps two batches from waiting for each other in a circle.
INSERT_INBOUND = """
WITH u AS (
  SELECT * FROM unnest(%b::uuid[], %b::uuid[], %b::text[], %b::text[], %b::jsonb[],
    %b::timestamptz[], %b::text[]) u (id, app, address, device, body, at, ref)
), first AS (
  INSERT INTO rtm_clientref (tid, app_id, address, device_id, ref, created_at)
  SELECT u.id, u.app, u.address, u.device, u.ref, u.at FROM u WHERE u.ref <> ''
  ORDER BY u.app, u.address, u.device, u.ref, u.id
  ON CONFLICT (app_id, address, device_id, ref) DO NOTHING
  RETURNING tid
)
INSERT INTO rtm_inbound (id, app_id, address, device_id, body, received_at, due_at)
SELECT u.id, u.app, u.address, u.device, u.body, u.at, u.at FROM u
WHERE u.ref = '' OR u.id IN (SELECT tid FROM first)
"""
#: Columns: apps, addresses, devices, refs. Rows: those, with the first message's tid and time.
KNOWN_REFS = """
SELECT k.app_id, k.address, k.device_id, k.ref, k.tid, k.created_at
FROM unnest(%b::uuid[], %b::text[], %b::text[], %b::text[]) u (app, address, device, ref)
JOIN rtm_clientref k ON k.app_id = u.app AND k.address = u.address
  AND k.device_id = u.device AND k.ref = u.ref
"""
