from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.list_training_job_metrics_format import ListTrainingJobMetricsFormat
from ...models.list_training_job_metrics_response_200 import ListTrainingJobMetricsResponse200
from ...models.list_training_job_metrics_scope import ListTrainingJobMetricsScope
from ...models.problem import Problem
from ...types import UNSET, Unset
from typing import cast



def _get_kwargs(
    id: str,
    *,
    scope: ListTrainingJobMetricsScope | Unset = ListTrainingJobMetricsScope.STEP,
    format_: ListTrainingJobMetricsFormat | Unset = UNSET,
    limit: int | Unset = 1000,
    after: str | Unset = UNSET,

) -> dict[str, Any]:
    

    

    params: dict[str, Any] = {}

    json_scope: str | Unset = UNSET
    if not isinstance(scope, Unset):
        json_scope = scope.value

    params["scope"] = json_scope

    json_format_: str | Unset = UNSET
    if not isinstance(format_, Unset):
        json_format_ = format_.value

    params["format"] = json_format_

    params["limit"] = limit

    params["after"] = after


    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}


    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/training-jobs/{id}/metrics".format(id=quote(str(id), safe=""),),
        "params": params,
    }


    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> ListTrainingJobMetricsResponse200 | Problem | None:
    if response.status_code == 200:
        response_200 = ListTrainingJobMetricsResponse200.from_dict(response.json())



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

    if response.status_code == 503:
        response_503 = Problem.from_dict(response.json())



        return response_503

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[ListTrainingJobMetricsResponse200 | Problem]:
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
    scope: ListTrainingJobMetricsScope | Unset = ListTrainingJobMetricsScope.STEP,
    format_: ListTrainingJobMetricsFormat | Unset = UNSET,
    limit: int | Unset = 1000,
    after: str | Unset = UNSET,

) -> Response[ListTrainingJobMetricsResponse200 | Problem]:
    """ Metrics of a training job, oldest first

     One row for each step, epoch or evaluation. docs/api.md says what each metric means. A key needs the
    scope `read`.

    Args:
        id (str): Which job, by its id. Example: job_01k0….
        scope (ListTrainingJobMetricsScope | Unset): What each row is of. Default step. Default:
            ListTrainingJobMetricsScope.STEP.
        format_ (ListTrainingJobMetricsFormat | Unset): All but json give everything after the
            cursor, whatever the limit. Without it Accept decides, and json is the default.
        limit (int | Unset): Items of a page at most. Default 1000. Default: 1000.
        after (str | Unset): next_cursor of the page before: a step.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ListTrainingJobMetricsResponse200 | Problem]
     """


    kwargs = _get_kwargs(
        id=id,
scope=scope,
format_=format_,
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
    scope: ListTrainingJobMetricsScope | Unset = ListTrainingJobMetricsScope.STEP,
    format_: ListTrainingJobMetricsFormat | Unset = UNSET,
    limit: int | Unset = 1000,
    after: str | Unset = UNSET,

) -> ListTrainingJobMetricsResponse200 | Problem | None:
    """ Metrics of a training job, oldest first

     One row for each step, epoch or evaluation. docs/api.md says what each metric means. A key needs the
    scope `read`.

    Args:
        id (str): Which job, by its id. Example: job_01k0….
        scope (ListTrainingJobMetricsScope | Unset): What each row is of. Default step. Default:
            ListTrainingJobMetricsScope.STEP.
        format_ (ListTrainingJobMetricsFormat | Unset): All but json give everything after the
            cursor, whatever the limit. Without it Accept decides, and json is the default.
        limit (int | Unset): Items of a page at most. Default 1000. Default: 1000.
        after (str | Unset): next_cursor of the page before: a step.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ListTrainingJobMetricsResponse200 | Problem
     """


    return sync_detailed(
        id=id,
client=client,
scope=scope,
format_=format_,
limit=limit,
after=after,

    ).parsed

async def asyncio_detailed(
    id: str,
    *,
    client: AuthenticatedClient,
    scope: ListTrainingJobMetricsScope | Unset = ListTrainingJobMetricsScope.STEP,
    format_: ListTrainingJobMetricsFormat | Unset = UNSET,
    limit: int | Unset = 1000,
    after: str | Unset = UNSET,

) -> Response[ListTrainingJobMetricsResponse200 | Problem]:
    """ Metrics of a training job, oldest first

     One row for each step, epoch or evaluation. docs/api.md says what each metric means. A key needs the
    scope `read`.

    Args:
        id (str): Which job, by its id. Example: job_01k0….
        scope (ListTrainingJobMetricsScope | Unset): What each row is of. Default step. Default:
            ListTrainingJobMetricsScope.STEP.
        format_ (ListTrainingJobMetricsFormat | Unset): All but json give everything after the
            cursor, whatever the limit. Without it Accept decides, and json is the default.
        limit (int | Unset): Items of a page at most. Default 1000. Default: 1000.
        after (str | Unset): next_cursor of the page before: a step.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ListTrainingJobMetricsResponse200 | Problem]
     """


    kwargs = _get_kwargs(
        id=id,
scope=scope,
format_=format_,
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
    scope: ListTrainingJobMetricsScope | Unset = ListTrainingJobMetricsScope.STEP,
    format_: ListTrainingJobMetricsFormat | Unset = UNSET,
    limit: int | Unset = 1000,
    after: str | Unset = UNSET,

) -> ListTrainingJobMetricsResponse200 | Problem | None:
    """ Metrics of a training job, oldest first

     One row for each step, epoch or evaluation. docs/api.md says what each metric means. A key needs the
    scope `read`.

    Args:
        id (str): Which job, by its id. Example: job_01k0….
        scope (ListTrainingJobMetricsScope | Unset): What each row is of. Default step. Default:
            ListTrainingJobMetricsScope.STEP.
        format_ (ListTrainingJobMetricsFormat | Unset): All but json give everything after the
            cursor, whatever the limit. Without it Accept decides, and json is the default.
        limit (int | Unset): Items of a page at most. Default 1000. Default: 1000.
        after (str | Unset): next_cursor of the page before: a step.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ListTrainingJobMetricsResponse200 | Problem
     """


    return (await asyncio_detailed(
        id=id,
client=client,
scope=scope,
format_=format_,
limit=limit,
after=after,

    )).parsed
