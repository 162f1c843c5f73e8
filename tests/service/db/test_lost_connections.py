"""A connection that the server ends, at whatever moment: refused for now, never a fault of ours."""

import pytest
from service_kit import Service
from sqlalchemy import event, text


@pytest.fixture(params=["postgresql", "mysql"])
def database_kind(request):
    return request.param


def kill_all_others(service):
    """As an administrator, or a server that restarts, does."""
    if service.database.engine.dialect.name == "postgresql":
        own = "SELECT pg_backend_pid()"
        find = (
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
            "AND application_name = 'killed'"
        )
        kill = "SELECT pg_terminate_backend({})"
    else:
        own = "SELECT connection_id()"
        find = "SELECT id FROM information_schema.processlist WHERE db = database()"
        kill = "KILL {}"
    with service.database.engine.connect() as connection:
        mine = connection.execute(text(own)).scalar_one()
        for number in list(connection.execute(text(find)).scalars()):
            if number != mine:
                connection.exec_driver_sql(kill.format(number))


#: how many statements of the request are answered before the connection is ended.
MOMENTS = (0, 2, 3, 5)


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("path", ["/execution/case/result", "/execution/list"])
def test_a_connection_that_is_ended_in_a_request_is_refused_for_now(
    tmp_path, database_url, database_kind, path, moment
):
    url = database_url
    if database_kind == "postgresql":
        url += "&application_name=killed"
    with Service(tmp_path, database_url=url) as service:
        service.database.close()
        service.database = type(service.database)(database_url)  # which is not killed
        number = service.started(1, 2)
        engine = service.app.state.services.database.engine
        seen = []

        @event.listens_for(engine, "before_cursor_execute")
        def _kill(*_args):
            seen.append(1)
            if len(seen) == moment + 1:
                kill_all_others(service)

        if path == "/execution/list":
            response = service.front_response(path)
        else:
            body = {"executionId": number, "caseId": 1, "status": 2}
            response = service.call(path, body)
        event.remove(engine, "before_cursor_execute", _kill)

        assert response.status_code in ({503} if moment == 0 else {200, 503}), response.text
        if response.status_code == 503:
            assert int(response.headers["Retry-After"]) > 0
        service.result(number, 1, 2)
        assert service.detail(number)["passed_count"] == 1
