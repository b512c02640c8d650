from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.list_training_job_checkpoints_response_200 import ListTrainingJobCheckpointsResponse200
from ...models.problem import Problem
from ...types import UNSET, Unset
from typing import cast



def _get_kwargs(
    id: str,
    *,
    limit: int | Unset = 20,
    after: str | Unset = UNSET,

) -> dict[str, Any]:
    

    

    params: dict[str, Any] = {}

    params["limit"] = limit

    params["after"] = after


    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}


    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/training-jobs/{id}/checkpoints".format(id=quote(str(id), safe=""),),
        "params": params,
    }


    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> ListTrainingJobCheckpointsResponse200 | Problem | None:
    if response.status_code == 200:
        response_200 = ListTrainingJobCheckpointsResponse200.from_dict(response.json())



        return response_200

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())



        return response_401

    if response.status_code == 403:
        response_403 = Problem.from_dict(response.json())



        return response_403

    if response.status_code == 404:
        response_404 = Problem.from_dict(response.json())



        return response_404

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

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[ListTrainingJobCheckpointsResponse200 | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    id: str,
    *,
    client: AuthenticatedClient,
    limit: int | Unset = 20,
    after: str | Unset = UNSET,

) -> Response[ListTrainingJobCheckpointsResponse200 | Problem]:
    """ Checkpoints of a training job, oldest first

     Each with its files and the metrics of its moment. A key needs the scope `read`.

    Args:
        id (str): Which job, by its id. Example: job_01k0….
        limit (int | Unset): Items of a page at most. Default 20. Default: 20.
        after (str | Unset): next_cursor of the page before.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ListTrainingJobCheckpointsResponse200 | Problem]
     """


    kwargs = _get_kwargs(
        id=id,
limit=limit,
after=after,

    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)

def sync(
    id: str,
    *,
    client: AuthenticatedClient,
    limit: int | Unset = 20,
    after: str | Unset = UNSET,

) -> ListTrainingJobCheckpointsResponse200 | Problem | None:
    """ Checkpoints of a training job, oldest first

     Each with its files and the metrics of its moment. A key needs the scope `read`.

    Args:
        id (str): Which job, by its id. Example: job_01k0….
        limit (int | Unset): Items of a page at most. Default 20. Default: 20.
        after (str | Unset): next_cursor of the page before.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ListTrainingJobCheckpointsResponse200 | Problem
     """


    return sync_detailed(
        id=id,
client=client,
limit=limit,
after=after,

    ).parsed

async def asyncio_detailed(
    id: str,
    *,
    client: AuthenticatedClient,
    limit: int | Unset = 20,
    after: str | Unset = UNSET,

) -> Response[ListTrainingJobCheckpointsResponse200 | Problem]:
    """ Checkpoints of a training job, oldest first

     Each with its files and the metrics of its moment. A key needs the scope `read`.

    Args:
        id (str): Which job, by its id. Example: job_01k0….
        limit (int | Unset): Items of a page at most. Default 20. Default: 20.
        after (str | Unset): next_cursor of the page before.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ListTrainingJobCheckpointsResponse200 | Problem]
     """


    kwargs = _get_kwargs(
        id=id,
limit=limit,
after=after,

    )

    response = await client.get_async_httpx_client().request(
        **kwargs
    )

    return _build_response(client=client, response=response)

async def asyncio(
    id: str,
    *,
    client: AuthenticatedClient,
    limit: int | Unset = 20,
    after: str | Unset = UNSET,

) -> ListTrainingJobCheckpointsResponse200 | Problem | None:
    """ Checkpoints of a training job, oldest first

     Each with its files and the metrics of its moment. A key needs the scope `read`.

    Args:
        id (str): Which job, by its id. Example: job_01k0….
        limit (int | Unset): Items of a page at most. Default 20. Default: 20.
        after (str | Unset): next_cursor of the page before.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ListTrainingJobCheckpointsResponse200 | Problem
     """


    return (await asyncio_detailed(
        id=id,
client=client,
limit=limit,
after=after,

    )).parsed
