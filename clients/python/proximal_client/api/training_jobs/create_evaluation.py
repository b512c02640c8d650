from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.evaluation_request import EvaluationRequest
from ...models.problem import Problem
from ...models.training_job import TrainingJob
from ...models.training_job_clone import TrainingJobClone
from ...types import UNSET, Unset
from typing import cast



def _get_kwargs(
    *,
    body: EvaluationRequest | TrainingJobClone,
    idempotency_key: str | Unset = UNSET,

) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["idempotency-key"] = idempotency_key



    

    

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/evaluations",
    }

    
    if isinstance(body, EvaluationRequest):
        _kwargs["json"] = body.to_dict()
    else:
        _kwargs["json"] = body.to_dict()


    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs



def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Problem | TrainingJob | None:
    if response.status_code == 202:
        response_202 = TrainingJob.from_dict(response.json())



        return response_202

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

    if response.status_code == 409:
        response_409 = Problem.from_dict(response.json())



        return response_409

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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Problem | TrainingJob]:
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
    idempotency_key: str | Unset = UNSET,

) -> Response[Problem | TrainingJob]:
    """ Evaluate a model, a checkpoint or an adapter: a training job of kind evaluation

     Prompts are answered, scored, and compared with what the base or another checkpoint answers. The
    job's result says what came of it. Instead of a whole request the body may be `{ "from": "job_…" }`
    with the fields that are to differ from that job's, merged in as a JSON merge patch. A key needs the
    scope `write`.

    Args:
        idempotency_key (str | Unset): Makes the request safe to repeat for 24 hours: the same key
            and request give the stored answer.
        body (EvaluationRequest | TrainingJobClone): A whole request, or another job's with
            changes

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | TrainingJob]
     """


    kwargs = _get_kwargs(
        body=body,
idempotency_key=idempotency_key,

    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)

def sync(
    *,
    client: AuthenticatedClient,
    body: EvaluationRequest | TrainingJobClone,
    idempotency_key: str | Unset = UNSET,

) -> Problem | TrainingJob | None:
    """ Evaluate a model, a checkpoint or an adapter: a training job of kind evaluation

     Prompts are answered, scored, and compared with what the base or another checkpoint answers. The
    job's result says what came of it. Instead of a whole request the body may be `{ "from": "job_…" }`
    with the fields that are to differ from that job's, merged in as a JSON merge patch. A key needs the
    scope `write`.

    Args:
        idempotency_key (str | Unset): Makes the request safe to repeat for 24 hours: the same key
            and request give the stored answer.
        body (EvaluationRequest | TrainingJobClone): A whole request, or another job's with
            changes

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | TrainingJob
     """


    return sync_detailed(
        client=client,
body=body,
idempotency_key=idempotency_key,

    ).parsed

async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: EvaluationRequest | TrainingJobClone,
    idempotency_key: str | Unset = UNSET,

) -> Response[Problem | TrainingJob]:
    """ Evaluate a model, a checkpoint or an adapter: a training job of kind evaluation

     Prompts are answered, scored, and compared with what the base or another checkpoint answers. The
    job's result says what came of it. Instead of a whole request the body may be `{ "from": "job_…" }`
    with the fields that are to differ from that job's, merged in as a JSON merge patch. A key needs the
    scope `write`.

    Args:
        idempotency_key (str | Unset): Makes the request safe to repeat for 24 hours: the same key
            and request give the stored answer.
        body (EvaluationRequest | TrainingJobClone): A whole request, or another job's with
            changes

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | TrainingJob]
     """


    kwargs = _get_kwargs(
        body=body,
idempotency_key=idempotency_key,

    )

    response = await client.get_async_httpx_client().request(
        **kwargs
    )

    return _build_response(client=client, response=response)

async def asyncio(
    *,
    client: AuthenticatedClient,
    body: EvaluationRequest | TrainingJobClone,
    idempotency_key: str | Unset = UNSET,

) -> Problem | TrainingJob | None:
    """ Evaluate a model, a checkpoint or an adapter: a training job of kind evaluation

     Prompts are answered, scored, and compared with what the base or another checkpoint answers. The
    job's result says what came of it. Instead of a whole request the body may be `{ "from": "job_…" }`
    with the fields that are to differ from that job's, merged in as a JSON merge patch. A key needs the
    scope `write`.

    Args:
        idempotency_key (str | Unset): Makes the request safe to repeat for 24 hours: the same key
            and request give the stored answer.
        body (EvaluationRequest | TrainingJobClone): A whole request, or another job's with
            changes

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | TrainingJob
     """


    return (await asyncio_detailed(
        client=client,
body=body,
idempotency_key=idempotency_key,

    )).parsed
