-- A table of orders as a new project gets it.
CREATE TABLE public.orders (
    id bigserial PRIMARY KEY,
    order_id text NOT NULL,
    provider text NOT NULL DEFAULT '',
    account text NOT NULL DEFAULT '',
    service_name text,
    service_id text,
    imei text NOT NULL,
    imei2 text,
    credits numeric(10,4),
    status text,
    carrier text,
    simlock text,
    model text,
    fmi text,
    order_date timestamptz,
    result_code text,
    result_code_display text,
    notes text,
    raw_response text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (provider, account, order_id)
);
CREATE INDEX orders_imei ON public.orders (imei);
CREATE INDEX orders_status ON public.orders (status);
CREATE INDEX orders_order_date ON public.orders (order_date DESC);
CREATE INDEX orders_created_at ON public.orders (created_at DESC);
CREATE FUNCTION public.set_updated_at() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN NEW.updated_at := now(); RETURN NEW; END $$;
CREATE TRIGGER orders_updated_at BEFORE UPDATE ON public.orders
    FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();
ALTER TABLE public.orders ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE ON public.orders TO service_role;
GRANT USAGE ON SEQUENCE public.orders_id_seq TO service_role;
