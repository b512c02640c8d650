from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.list_datasets_response_200 import ListDatasetsResponse200
from ...models.problem import Problem
from ...types import UNSET, Unset
from typing import cast
import datetime



def _get_kwargs(
    *,
    name: str | Unset = UNSET,
    created_after: datetime.datetime | Unset = UNSET,
    created_before: datetime.datetime | Unset = UNSET,
    limit: int | Unset = 20,
    after: str | Unset = UNSET,

) -> dict[str, Any]:
    

    

    params: dict[str, Any] = {}

    params["name"] = name

    json_created_after: str | Unset = UNSET
    if not isinstance(created_after, Unset):
        json_created_after = created_after.isoformat()
    params["created_after"] = json_created_after

    json_created_before: str | Unset = UNSET
    if not isinstance(created_before, Unset):
        json_created_before = created_before.isoformat()
    params["created_before"] = json_created_before

    params["limit"] = limit

    params["after"] = after


    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}


    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/datasets",
        "params": params,
    }


    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> ListDatasetsResponse200 | Problem | None:
    if response.status_code == 200:
        response_200 = ListDatasetsResponse200.from_dict(response.json())



        return response_200

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())



        return response_401

    if response.status_code == 403:
        response_403 = Problem.from_dict(response.json())



        return response_403

    if response.status_code == 405:
        response_405 = Problem.from_dict(response.json())



        return response_405

    if response.status_code == 422:
        response_422 = Problem.from_dict(response.json())



        return response_422

    if response.status_code == 429:
        response_429 = Problem.from_dict(response.json())



        return response_429

    if response.status_code == 500:
        response_500 = Problem.from_dict(response.json())



        return response_500

    if response.status_code == 503:
        response_503 = Problem.from_dict(response.json())



        return response_503

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[ListDatasetsResponse200 | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    name: str | Unset = UNSET,
    created_after: datetime.datetime | Unset = UNSET,
    created_before: datetime.datetime | Unset = UNSET,
    limit: int | Unset = 20,
    after: str | Unset = UNSET,

) -> Response[ListDatasetsResponse200 | Problem]:
    """ List datasets, newest first

     A page at a time. A key needs the scope `read`.

    Args:
        name (str | Unset): Only datasets of this name.
        created_after (datetime.datetime | Unset): Only what was created at this time or later.
            Example: 2026-01-31T12:00:00Z.
        created_before (datetime.datetime | Unset): Only what was created before this time.
            Example: 2026-01-31T12:00:00Z.
        limit (int | Unset): Items of a page at most. Default 20. Default: 20.
        after (str | Unset): next_cursor of the page before.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ListDatasetsResponse200 | Problem]
     """


    kwargs = _get_kwargs(
        name=name,
created_after=created_after,
created_before=created_before,
limit=limit,
after=after,

    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)

def sync(
    *,
    client: AuthenticatedClient,
    name: str | Unset = UNSET,
    created_after: datetime.datetime | Unset = UNSET,
    created_before: datetime.datetime | Unset = UNSET,
    limit: int | Unset = 20,
    after: str | Unset = UNSET,

) -> ListDatasetsResponse200 | Problem | None:
    """ List datasets, newest first

     A page at a time. A key needs the scope `read`.

    Args:
        name (str | Unset): Only datasets of this name.
        created_after (datetime.datetime | Unset): Only what was created at this time or later.
            Example: 2026-01-31T12:00:00Z.
        created_before (datetime.datetime | Unset): Only what was created before this time.
            Example: 2026-01-31T12:00:00Z.
        limit (int | Unset): Items of a page at most. Default 20. Default: 20.
        after (str | Unset): next_cursor of the page before.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ListDatasetsResponse200 | Problem
     """


    return sync_detailed(
        client=client,
name=name,
created_after=created_after,
created_before=created_before,
limit=limit,
after=after,

    ).parsed

async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    name: str | Unset = UNSET,
    created_after: datetime.datetime | Unset = UNSET,
    created_before: datetime.datetime | Unset = UNSET,
    limit: int | Unset = 20,
    after: str | Unset = UNSET,

) -> Response[ListDatasetsResponse200 | Problem]:
    """ List datasets, newest first

     A page at a time. A key needs the scope `read`.

    Args:
        name (str | Unset): Only datasets of this name.
        created_after (datetime.datetime | Unset): Only what was created at this time or later.
            Example: 2026-01-31T12:00:00Z.
        created_before (datetime.datetime | Unset): Only what was created before this time.
            Example: 2026-01-31T12:00:00Z.
        limit (int | Unset): Items of a page at most. Default 20. Default: 20.
        after (str | Unset): next_cursor of the page before.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ListDatasetsResponse200 | Problem]
     """


    kwargs = _get_kwargs(
        name=name,
created_after=created_after,
created_before=created_before,
limit=limit,
after=after,

    )

    response = await client.get_async_httpx_client().request(
        **kwargs
    )

    return _build_response(client=client, response=response)

async def asyncio(
    *,
    client: AuthenticatedClient,
    name: str | Unset = UNSET,
    created_after: datetime.datetime | Unset = UNSET,
    created_before: datetime.datetime | Unset = UNSET,
    limit: int | Unset = 20,
    after: str | Unset = UNSET,

) -> ListDatasetsResponse200 | Problem | None:
    """ List datasets, newest first

     A page at a time. A key needs the scope `read`.

    Args:
        name (str | Unset): Only datasets of this name.
        created_after (datetime.datetime | Unset): Only what was created at this time or later.
            Example: 2026-01-31T12:00:00Z.
        created_before (datetime.datetime | Unset): Only what was created before this time.
            Example: 2026-01-31T12:00:00Z.
        limit (int | Unset): Items of a page at most. Default 20. Default: 20.
        after (str | Unset): next_cursor of the page before.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ListDatasetsResponse200 | Problem
     """


    return (await asyncio_detailed(
        client=client,
name=name,
created_after=created_after,
created_before=created_before,
limit=limit,
after=after,

    )).parsed
