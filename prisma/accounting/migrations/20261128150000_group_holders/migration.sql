-- Whether somebody may spend what an escrow's holder may: the holder, or a present member of the group that holds it, as
-- identity's feed tells it in this database. So the ledger itself refuses a hold of somebody who was put out of the group.
CREATE FUNCTION "is_of_holder"(p_holder text, p_person text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT p_holder = p_person
        OR (left(p_holder, 4) = 'grp_' AND EXISTS (
                SELECT 1 FROM platform.feed_projection f
                WHERE f.kind = 'MEMBERSHIP' AND f.subject = p_holder || '/' || p_person AND f.state IN ('MEMBER', 'ADMIN')))
$$;

REVOKE ALL ON FUNCTION "is_of_holder" FROM PUBLIC;
