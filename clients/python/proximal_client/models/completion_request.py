from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.completion_request_stream_options_type_0 import CompletionRequestStreamOptionsType0





T = TypeVar("T", bound="CompletionRequest")



@_attrs_define
class CompletionRequest:
    """ 
        Attributes:
            model (str): A model's name or a checkpoint's id.
            prompt (list[int] | list[list[int]] | list[str] | str): A text, texts, token ids, or token ids of several
                prompts.
            temperature (float | None | Unset): Sampling temperature; below 0.001 it is greedy. Default 1. Default: 1.0.
            top_p (float | None | Unset): Only the most likely tokens that make up so much probability are drawn; 0: the
                most likely one. Default 1: all. Default: 1.0.
            n (int | None | Unset): Completions of each prompt. Default 1. Default: 1.
            stop (list[str] | None | str | Unset): Texts that end a completion, and are not part of it. Default none.
            seed (int | None | Unset): Without one, each request draws its own.
            stream (bool | None | Unset): Answer as Server-Sent Events, a piece at a time. Default false. Default: False.
            stream_options (CompletionRequestStreamOptionsType0 | None | Unset): Of a stream alone.
            user (None | str | Unset): Has no effect.
            max_tokens (int | None | Unset): New tokens at most; 0 for none, where echo and logprobs ask about the prompt
                alone. Default: 16.
            logprobs (int | None | Unset): Log-probabilities of the tokens, and of so many that are most likely in each
                one's place.
            echo (bool | None | Unset): Whether each text begins with its prompt. Default: False.
            frequency_penalty (Any | Unset): Not supported: frequency_penalty must be left out, null or neutral.
            presence_penalty (Any | Unset): Not supported: presence_penalty must be left out, null or neutral.
            logit_bias (Any | Unset): Not supported: logit_bias must be left out, null or neutral.
            suffix (Any | Unset): Not supported: suffix must be left out, null or neutral.
            best_of (Any | Unset): Not supported: best_of must be left out, null or neutral.
     """

    model: str
    prompt: list[int] | list[list[int]] | list[str] | str
    temperature: float | None | Unset = 1.0
    top_p: float | None | Unset = 1.0
    n: int | None | Unset = 1
    stop: list[str] | None | str | Unset = UNSET
    seed: int | None | Unset = UNSET
    stream: bool | None | Unset = False
    stream_options: CompletionRequestStreamOptionsType0 | None | Unset = UNSET
    user: None | str | Unset = UNSET
    max_tokens: int | None | Unset = 16
    logprobs: int | None | Unset = UNSET
    echo: bool | None | Unset = False
    frequency_penalty: Any | Unset = UNSET
    presence_penalty: Any | Unset = UNSET
    logit_bias: Any | Unset = UNSET
    suffix: Any | Unset = UNSET
    best_of: Any | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        from ..models.completion_request_stream_options_type_0 import CompletionRequestStreamOptionsType0 # noqa: PLC0415
        model = self.model

        prompt: list[int] | list[list[int]] | list[str] | str
        if isinstance(self.prompt, list):
            prompt = self.prompt


        elif isinstance(self.prompt, list):
            prompt = self.prompt


        elif isinstance(self.prompt, list):
            prompt = []
            for prompt_type_3_item_data in self.prompt:
                prompt_type_3_item = prompt_type_3_item_data


                prompt.append(prompt_type_3_item)


        else:
            prompt = self.prompt

        temperature: float | None | Unset
        if isinstance(self.temperature, Unset):
            temperature = UNSET
        else:
            temperature = self.temperature

        top_p: float | None | Unset
        if isinstance(self.top_p, Unset):
            top_p = UNSET
        else:
            top_p = self.top_p

        n: int | None | Unset
        if isinstance(self.n, Unset):
            n = UNSET
        else:
            n = self.n

        stop: list[str] | None | str | Unset
        if isinstance(self.stop, Unset):
            stop = UNSET
        elif isinstance(self.stop, list):
            stop = self.stop


        else:
            stop = self.stop

        seed: int | None | Unset
        if isinstance(self.seed, Unset):
            seed = UNSET
        else:
            seed = self.seed

        stream: bool | None | Unset
        if isinstance(self.stream, Unset):
            stream = UNSET
        else:
            stream = self.stream

        stream_options: dict[str, Any] | None | Unset
        if isinstance(self.stream_options, Unset):
            stream_options = UNSET
        elif isinstance(self.stream_options, CompletionRequestStreamOptionsType0):
            stream_options = self.stream_options.to_dict()
        else:
            stream_options = self.stream_options

        user: None | str | Unset
        if isinstance(self.user, Unset):
            user = UNSET
        else:
            user = self.user

        max_tokens: int | None | Unset
        if isinstance(self.max_tokens, Unset):
            max_tokens = UNSET
        else:
            max_tokens = self.max_tokens

        logprobs: int | None | Unset
        if isinstance(self.logprobs, Unset):
            logprobs = UNSET
        else:
            logprobs = self.logprobs

        echo: bool | None | Unset
        if isinstance(self.echo, Unset):
            echo = UNSET
        else:
            echo = self.echo

        frequency_penalty = self.frequency_penalty

        presence_penalty = self.presence_penalty

        logit_bias = self.logit_bias

        suffix = self.suffix

        best_of = self.best_of


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "model": model,
            "prompt": prompt,
        })
        if temperature is not UNSET:
            field_dict["temperature"] = temperature
        if top_p is not UNSET:
            field_dict["top_p"] = top_p
        if n is not UNSET:
            field_dict["n"] = n
        if stop is not UNSET:
            field_dict["stop"] = stop
        if seed is not UNSET:
            field_dict["seed"] = seed
        if stream is not UNSET:
            field_dict["stream"] = stream
        if stream_options is not UNSET:
            field_dict["stream_options"] = stream_options
        if user is not UNSET:
            field_dict["user"] = user
        if max_tokens is not UNSET:
            field_dict["max_tokens"] = max_tokens
        if logprobs is not UNSET:
            field_dict["logprobs"] = logprobs
        if echo is not UNSET:
            field_dict["echo"] = echo
        if frequency_penalty is not UNSET:
            field_dict["frequency_penalty"] = frequency_penalty
        if presence_penalty is not UNSET:
            field_dict["presence_penalty"] = presence_penalty
        if logit_bias is not UNSET:
            field_dict["logit_bias"] = logit_bias
        if suffix is not UNSET:
            field_dict["suffix"] = suffix
        if best_of is not UNSET:
            field_dict["best_of"] = best_of

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.completion_request_stream_options_type_0 import CompletionRequestStreamOptionsType0 # noqa: PLC0415
        d = dict(src_dict)
        model = d.pop("model")

        def _parse_prompt(data: object) -> list[int] | list[list[int]] | list[str] | str:
            try:
                if not isinstance(data, list):
                    raise TypeError()
                prompt_type_1 = cast(list[str], data)

                return prompt_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, list):
                    raise TypeError()
                prompt_type_2 = cast(list[int], data)

                return prompt_type_2
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, list):
                    raise TypeError()
                prompt_type_3 = []
                _prompt_type_3 = data
                for prompt_type_3_item_data in (_prompt_type_3):
                    prompt_type_3_item = cast(list[int], prompt_type_3_item_data)

                    prompt_type_3.append(prompt_type_3_item)

                return prompt_type_3
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[int] | list[list[int]] | list[str] | str, data)

        prompt = _parse_prompt(d.pop("prompt"))


        def _parse_temperature(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        temperature = _parse_temperature(d.pop("temperature", UNSET))


        def _parse_top_p(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        top_p = _parse_top_p(d.pop("top_p", UNSET))


        def _parse_n(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        n = _parse_n(d.pop("n", UNSET))


        def _parse_stop(data: object) -> list[str] | None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                stop_type_1 = cast(list[str], data)

                return stop_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | str | Unset, data)

        stop = _parse_stop(d.pop("stop", UNSET))


        def _parse_seed(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        seed = _parse_seed(d.pop("seed", UNSET))


        def _parse_stream(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        stream = _parse_stream(d.pop("stream", UNSET))


        def _parse_stream_options(data: object) -> CompletionRequestStreamOptionsType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                stream_options_type_0 = CompletionRequestStreamOptionsType0.from_dict(data)



                return stream_options_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(CompletionRequestStreamOptionsType0 | None | Unset, data)

        stream_options = _parse_stream_options(d.pop("stream_options", UNSET))


        def _parse_user(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        user = _parse_user(d.pop("user", UNSET))


        def _parse_max_tokens(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        max_tokens = _parse_max_tokens(d.pop("max_tokens", UNSET))


        def _parse_logprobs(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        logprobs = _parse_logprobs(d.pop("logprobs", UNSET))


        def _parse_echo(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        echo = _parse_echo(d.pop("echo", UNSET))


        frequency_penalty = d.pop("frequency_penalty", UNSET)

        presence_penalty = d.pop("presence_penalty", UNSET)

        logit_bias = d.pop("logit_bias", UNSET)

        suffix = d.pop("suffix", UNSET)

        best_of = d.pop("best_of", UNSET)

        completion_request = cls(
            model=model,
            prompt=prompt,
            temperature=temperature,
            top_p=top_p,
            n=n,
            stop=stop,
            seed=seed,
            stream=stream,
            stream_options=stream_options,
            user=user,
            max_tokens=max_tokens,
            logprobs=logprobs,
            echo=echo,
            frequency_penalty=frequency_penalty,
            presence_penalty=presence_penalty,
            logit_bias=logit_bias,
            suffix=suffix,
            best_of=best_of,
        )

        return completion_request

