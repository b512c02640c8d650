from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.guard_action import GuardAction
from ..types import UNSET, Unset
from typing import cast






T = TypeVar("T", bound="Guard")



@_attrs_define
class Guard:
    """ What to do when the policy diverges. Default null: nothing, but for the warnings that every job gives.

        Attributes:
            kl_budget (float | None | Unset): Most nats per sequence that the policy may be away from its reference, mean of
                a step's rollouts, whatever kl_estimator. Default null: any.
            entropy_floor (float | None | Unset): Least nats of entropy that the policy's tokens may have on average in a
                step. Default null: any.
            reward_spike (float | None | Unset): Most standard deviations that a step's mean score may be away from the mean
                of up to 16 steps before, up or down; looked at from the ninth step on. Default null: any.
            action (GuardAction | Unset): What is done after such a step: a warning; going back to the last good checkpoint,
                with lower learning rates; or the job's end. Default warn. Default: GuardAction.WARN.
            max_rollbacks (int | Unset): After this many the job stops instead. Default 3. Default: 3.
            lr_factor (float | Unset): All learning rates are multiplied by this after each time. Default 0.5. Default: 0.5.
     """

    kl_budget: float | None | Unset = UNSET
    entropy_floor: float | None | Unset = UNSET
    reward_spike: float | None | Unset = UNSET
    action: GuardAction | Unset = GuardAction.WARN
    max_rollbacks: int | Unset = 3
    lr_factor: float | Unset = 0.5





    def to_dict(self) -> dict[str, Any]:
        kl_budget: float | None | Unset
        if isinstance(self.kl_budget, Unset):
            kl_budget = UNSET
        else:
            kl_budget = self.kl_budget

        entropy_floor: float | None | Unset
        if isinstance(self.entropy_floor, Unset):
            entropy_floor = UNSET
        else:
            entropy_floor = self.entropy_floor

        reward_spike: float | None | Unset
        if isinstance(self.reward_spike, Unset):
            reward_spike = UNSET
        else:
            reward_spike = self.reward_spike

        action: str | Unset = UNSET
        if not isinstance(self.action, Unset):
            action = self.action.value


        max_rollbacks = self.max_rollbacks

        lr_factor = self.lr_factor


        field_dict: dict[str, Any] = {}

        field_dict.update({
        })
        if kl_budget is not UNSET:
            field_dict["kl_budget"] = kl_budget
        if entropy_floor is not UNSET:
            field_dict["entropy_floor"] = entropy_floor
        if reward_spike is not UNSET:
            field_dict["reward_spike"] = reward_spike
        if action is not UNSET:
            field_dict["action"] = action
        if max_rollbacks is not UNSET:
            field_dict["max_rollbacks"] = max_rollbacks
        if lr_factor is not UNSET:
            field_dict["lr_factor"] = lr_factor

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        def _parse_kl_budget(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        kl_budget = _parse_kl_budget(d.pop("kl_budget", UNSET))


        def _parse_entropy_floor(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        entropy_floor = _parse_entropy_floor(d.pop("entropy_floor", UNSET))


        def _parse_reward_spike(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        reward_spike = _parse_reward_spike(d.pop("reward_spike", UNSET))


        _action = d.pop("action", UNSET)
        action: GuardAction | Unset
        if isinstance(_action,  Unset):
            action = UNSET
        else:
            action = GuardAction(_action)




        max_rollbacks = d.pop("max_rollbacks", UNSET)

        lr_factor = d.pop("lr_factor", UNSET)

        guard = cls(
            kl_budget=kl_budget,
            entropy_floor=entropy_floor,
            reward_spike=reward_spike,
            action=action,
            max_rollbacks=max_rollbacks,
            lr_factor=lr_factor,
        )

        return guard

