-- Lets post_batch charge metered use: USAGE from a person's or a group's account to a REVENUE account, and REFUND back
-- where a correction found that less was used. Until now it posted both kinds for escrows alone.
--
-- The function is changed where it stands, in the one condition that forbids this, so that whatever else was changed in it
-- since remains. A migration that cannot find that condition fails, and the database stays as it was.
DO $migration$
DECLARE
    c_before CONSTANT text := $$(a_kind[d] <> 'ESCROW' AND r.op = 'TRANSFER' AND r.kind IN ('USAGE', 'REFUND'))$$;
    c_after CONSTANT text := $$(a_kind[d] <> 'ESCROW' AND r.op = 'TRANSFER' AND r.kind IN ('USAGE', 'REFUND')
                    -- Metered use, and what a correction of it gives back.
                    AND NOT (r.kind = 'USAGE' AND a_kind[d] IN ('PERSONAL', 'GROUP') AND a_kind[c] = 'REVENUE')
                    AND NOT (r.kind = 'REFUND' AND a_kind[d] = 'REVENUE' AND a_kind[c] IN ('PERSONAL', 'GROUP')))$$;
    v_definition text;
BEGIN
    SELECT pg_get_functiondef(p.oid) INTO STRICT v_definition
    FROM pg_proc p WHERE p.proname = 'post_batch' AND p.pronamespace = 'public'::regnamespace;
    IF array_length(string_to_array(v_definition, c_before), 1) IS DISTINCT FROM 2 THEN
        RAISE EXCEPTION 'post_batch has not, or not once, the condition that is to be changed';
    END IF;
    EXECUTE replace(v_definition, c_before, c_after);
END $migration$;
