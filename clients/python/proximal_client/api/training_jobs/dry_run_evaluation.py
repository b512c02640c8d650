from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.dry_run import DryRun
from ...models.evaluation_request import EvaluationRequest
from ...models.problem import Problem
from ...models.training_job_clone import TrainingJobClone
from typing import cast



def _get_kwargs(
    *,
    body: EvaluationRequest | TrainingJobClone,

) -> dict[str, Any]:
    headers: dict[str, Any] = {}


    

    

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/evaluations/dry-run",
    }

    
    if isinstance(body, EvaluationRequest):
        _kwargs["json"] = body.to_dict()
    else:
        _kwargs["json"] = body.to_dict()


    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> DryRun | Problem | None:
    if response.status_code == 200:
        response_200 = DryRun.from_dict(response.json())



        return response_200

    if response.status_code == 400:
        response_400 = Problem.from_dict(response.json())



        return response_400

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())



        return response_401

    if response.status_code == 403:
        response_403 = Problem.from_dict(response.json())



        return response_403

    if response.status_code == 405:
        response_405 = Problem.from_dict(response.json())



        return response_405

    if response.status_code == 413:
        response_413 = Problem.from_dict(response.json())



        return response_413

    if response.status_code == 415:
        response_415 = Problem.from_dict(response.json())



        return response_415

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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[DryRun | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: EvaluationRequest | TrainingJobClone,

) -> Response[DryRun | Problem]:
    """ Say what an evaluation would be and need, and create nothing

     Takes what POST /v1/evaluations takes, refuses what that refuses, and answers the configuration with
    every default filled in, the steps, and an estimate of memory and time. A key needs the scope
    `write`.

    Args:
        body (EvaluationRequest | TrainingJobClone): A whole request, or another job's with
            changes

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[DryRun | Problem]
     """


    kwargs = _get_kwargs(
        body=body,

    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)

def sync(
    *,
    client: AuthenticatedClient,
    body: EvaluationRequest | TrainingJobClone,

) -> DryRun | Problem | None:
    """ Say what an evaluation would be and need, and create nothing

     Takes what POST /v1/evaluations takes, refuses what that refuses, and answers the configuration with
    every default filled in, the steps, and an estimate of memory and time. A key needs the scope
    `write`.

    Args:
        body (EvaluationRequest | TrainingJobClone): A whole request, or another job's with
            changes

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        DryRun | Problem
     """


    return sync_detailed(
        client=client,
body=body,

    ).parsed

async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: EvaluationRequest | TrainingJobClone,

) -> Response[DryRun | Problem]:
    """ Say what an evaluation would be and need, and create nothing

     Takes what POST /v1/evaluations takes, refuses what that refuses, and answers the configuration with
    every default filled in, the steps, and an estimate of memory and time. A key needs the scope
    `write`.

    Args:
        body (EvaluationRequest | TrainingJobClone): A whole request, or another job's with
            changes

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[DryRun | Problem]
     """


    kwargs = _get_kwargs(
        body=body,

    )

    response = await client.get_async_httpx_client().request(
        **kwargs
    )

    return _build_response(client=client, response=response)

async def asyncio(
    *,
    client: AuthenticatedClient,
    body: EvaluationRequest | TrainingJobClone,

) -> DryRun | Problem | None:
    """ Say what an evaluation would be and need, and create nothing

     Takes what POST /v1/evaluations takes, refuses what that refuses, and answers the configuration with
    every default filled in, the steps, and an estimate of memory and time. A key needs the scope
    `write`.

    Args:
        body (EvaluationRequest | TrainingJobClone): A whole request, or another job's with
            changes

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        DryRun | Problem
     """


    return (await asyncio_detailed(
        client=client,
body=body,

    )).parsed
